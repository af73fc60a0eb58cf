import { setImmediate as nextTurn } from 'node:timers/promises';

/** A `sleep` that ends when a test says so. */
export class ManualWaits {
  /** How long each wait was to be. */
  readonly askedMs: number[] = [];
  #pending: (() => void)[] = [];

  readonly sleep = (ms: number): Promise<void> => {
    this.askedMs.push(ms);
    return new Promise((resolve) => this.#pending.push(resolve));
  };

  /** Somebody waits. */
  get isPending(): boolean {
    return this.#pending.length > 0;
  }

  /** Ends what waits now, and lets it go on until it waits again. */
  async pass(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    for (const wake of pending) wake();
    await nextTurn();
  }
}
