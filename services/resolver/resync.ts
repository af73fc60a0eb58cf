import { Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';

/** Why the whole connection table is read; a label of flowtap_resolver_resyncs_total. */
export type ResyncReason =
  | 'start'
  /** Living connections are written again before they expire, and what has ended unnoticed is not. */
  | 'interval'
  /** Events were lost. */
  | 'overrun'
  /** memcached was restarted or flushed. */
  | 'cache_lost'
  /** Translations were dropped while memcached did not take them. */
  | 'queue_overflow'
  /** A service is known now to which there were connections before. */
  | 'services'
  /** The reading before did not come to its end. */
  | 'incomplete';

export interface ResyncOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Reads the table once; false where it is not whole. */
  readonly read: (reasons: readonly ResyncReason[], signal: AbortSignal) => Promise<boolean>;
}

/** An overrun is over after some tenths of a second, or it goes on. */
const FIRST_PAUSE_MS = 200;

/** What ends earliest, a connection that was reset, stays in the table for 10 s (nf_conntrack_tcp_timeout_close). */
const MAX_PAUSE_MS = 8000;

/** Reads the connection table whenever something asks for it, and at intervals; again and again ever less often. */
export class Resync {
  readonly #options: ResyncOptions;
  readonly #backoff = new Backoff(FIRST_PAUSE_MS, MAX_PAUSE_MS);
  readonly #wanted = new Set<ResyncReason>();
  #wake: () => void = () => undefined;

  constructor(options: ResyncOptions) {
    this.#options = options;
  }

  request(reason: ResyncReason): void {
    this.#wanted.add(reason);
    this.#wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, read } = this.#options;
    while (!signal.aborted) {
      if (this.#wanted.size === 0) await this.#waitForRequest(signal);
      const isUrgent = this.#wanted.has('start') || this.#wanted.has('interval');
      if (!isUrgent) await clock.sleep(this.#backoff.next(), signal);
      if (signal.aborted) return;
      const reasons = [...this.#wanted];
      this.#wanted.clear();
      const isWhole = await read(reasons, signal);
      if (!isWhole) this.#wanted.add('incomplete');
      if (this.#wanted.size === 0) this.#backoff.reset();
    }
  }

  async #waitForRequest(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await this.#options.clock.sleep(this.#options.intervalMs, AbortSignal.any([signal, woken.signal]));
    this.#wake = () => undefined;
    if (this.#wanted.size === 0) this.#wanted.add('interval');
  }
}
