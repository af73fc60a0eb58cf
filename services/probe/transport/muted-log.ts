import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';

const QUIET_MS = 60_000;

/** Warns of what may happen again and again: each kind once a minute, with how often it was left out. */
export class MutedLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, { lastMs: number; leftOut: number }>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** `message` is the kind, too. */
  warn(fields: object, message: string): void {
    const nowMs = this.#clock.now();
    const kind = this.#kinds.get(message);
    if (kind !== undefined && Math.abs(nowMs - kind.lastMs) < QUIET_MS) {
      kind.leftOut++;
      return;
    }
    const leftOut = kind?.leftOut ?? 0;
    this.#kinds.set(message, { lastMs: nowMs, leftOut: 0 });
    this.#log.warn(leftOut === 0 ? fields : { ...fields, 'log.left_out': leftOut }, message);
  }

  /** Things are well again: the next warning of this kind is news. */
  settle(message: string): void {
    this.#kinds.delete(message);
  }

  info(fields: object, message: string): void {
    this.#log.info(fields, message);
  }
}
