import type { Clock } from '../../runtime/clock.ts';

export interface PacingOptions {
  readonly clock: Clock;
  /** The wait after the first failure is at most this, and each further one at most twice the one before. */
  readonly retryDelayMs: number;
  readonly maxRetryDelayMs: number;
  /** No receiver may ask for a longer wait. */
  readonly maxRetryAfterMs: number;
  /** From 0 to 1, without 1. */
  readonly random: () => number;
}

/** While the probe ends there is no time for more. */
const HURRIED_DELAY_MS = 250;

/** Beyond, doubling changes nothing. */
const MAX_DOUBLINGS = 30;

/**
 * When a delivery may be tried. After a failure nothing is, for a time chosen at random between nothing and a bound that
 * doubles with each failure (full jitter), and then one delivery alone: a receiver that is dead costs next to nothing,
 * and one that comes back is not run over.
 */
export class Pacing {
  readonly #options: PacingOptions;
  #failures = 0;
  #notBeforeMs = 0;
  #trying = 0;
  #hurried = false;
  /** Aborted when the rules for whoever waits may have changed. */
  #change = new AbortController();

  constructor(options: PacingOptions) {
    this.#options = options;
  }

  /** The last attempt failed. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Resolves when a delivery may be tried, with true; `succeeded`, `failed` or `slowDown` must follow. False when aborted. */
  async turn(signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    for (;;) {
      if (signal.aborted) return false;
      const waitMs = this.#notBeforeMs - clock.now();
      if (waitMs <= 0 && (this.#failures === 0 || this.#trying === 0)) {
        this.#trying++;
        return true;
      }
      const wake = AbortSignal.any([signal, this.#change.signal]);
      // A clock that was set back must not stop deliveries for good.
      await clock.sleep(waitMs > 0 ? Math.min(waitMs, this.#longestWaitMs) : this.#longestWaitMs, wake);
      if (waitMs > this.#longestWaitMs) this.#notBeforeMs = 0;
    }
  }

  /** The turn was not used. */
  passed(): void {
    this.#trying--;
    this.#changed();
  }

  succeeded(): void {
    this.#failures = 0;
    this.#notBeforeMs = 0;
    this.passed();
  }

  failed(): void {
    const { retryDelayMs, maxRetryDelayMs, random } = this.#options;
    const boundMs = Math.min(maxRetryDelayMs, retryDelayMs * 2 ** Math.min(this.#failures, MAX_DOUBLINGS));
    this.#wait(random() * (this.#hurried ? Math.min(boundMs, HURRIED_DELAY_MS) : boundMs));
  }

  /** The receiver said when; as a whole failure where it did not. */
  slowDown(delayMs: number | undefined): void {
    const { maxRetryAfterMs, retryDelayMs, random } = this.#options;
    if (delayMs === undefined) this.failed();
    // All probes may have been given the same time.
    else this.#wait(Math.min(delayMs, maxRetryAfterMs) + random() * retryDelayMs);
  }

  /** The probe ends: what waits is tried at once. */
  hurry(): void {
    this.#hurried = true;
    this.#notBeforeMs = 0;
    this.#changed();
  }

  get #longestWaitMs(): number {
    const { retryDelayMs, maxRetryDelayMs, maxRetryAfterMs } = this.#options;
    return Math.max(maxRetryDelayMs, maxRetryAfterMs + retryDelayMs);
  }

  #wait(delayMs: number): void {
    this.#failures++;
    this.#notBeforeMs = this.#options.clock.now() + delayMs;
    this.passed();
  }

  #changed(): void {
    this.#change.abort();
    this.#change = new AbortController();
  }
}
