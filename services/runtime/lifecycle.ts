import type { Clock } from './clock.ts';
import { FlowtapError } from './errors.ts';

/** What gives the signals; `process` is one. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

export interface LifecycleOptions {
  readonly source: SignalSource;
  readonly signals: readonly NodeJS.Signals[];
  readonly clock: Clock;
  /** Called when a further signal arrives while things close: end the program now. */
  readonly force: (error: FlowtapError) => void;
}

/**
 * A terminal's Ctrl-C reaches every process of its group, and npm passes on the one it got: one key press, two
 * signals. A signal this soon after the first is the same wish.
 */
const SAME_WISH_MS = 500;

/** From start to stop: says when to stop, and closes what was opened, last opened first. */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #controller = new AbortController();
  readonly #closers: { readonly name: string; readonly close: () => unknown }[] = [];
  #firstSignalAt: number | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    for (const signal of options.signals) options.source.on(signal, this.#receive);
  }

  /** Aborted by the first signal or by `stop`; its reason says why. Every loop takes it. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Asks everything to stop; only the first reason counts. */
  stop(reason: string): void {
    this.#controller.abort(reason);
  }

  /** Has `close` called when the program ends, before those registered earlier. `name` appears in the error. */
  onClose(name: string, close: () => unknown): void {
    this.#closers.push({ name, close });
  }

  /**
   * Stops, closes everything in reverse order and gives the signals back. One failure does not keep the rest open.
   * Safe to call again. Throws a FlowtapError CLOSE_FAILED, whose cause is the AggregateError of all failures.
   */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    this.stop('closed');
    const failures: { readonly name: string; readonly error: unknown }[] = [];
    for (let next = this.#closers.pop(); next; next = this.#closers.pop()) {
      try {
        await next.close();
      } catch (error) {
        failures.push({ name: next.name, error });
      }
    }
    for (const signal of this.#options.signals) this.#options.source.off(signal, this.#receive);
    if (failures.length === 0) return;
    const names = failures.map(({ name }) => name).join(', ');
    const message = `Could not close cleanly: ${names}.`;
    const cause = new AggregateError(
      failures.map(({ error }) => error),
      message,
    );
    throw new FlowtapError('CLOSE_FAILED', 'close', message, { cause });
  }

  readonly #receive = (signal: NodeJS.Signals): void => {
    const now = this.#options.clock.now();
    if (this.#firstSignalAt === undefined) {
      this.#firstSignalAt = now;
      this.stop(signal);
    } else if (now - this.#firstSignalAt >= SAME_WISH_MS) {
      const message = `${signal} came again while closing; what was still open was abandoned.`;
      this.#options.force(new FlowtapError('FORCED_STOP', 'close', message));
    }
  };
}
