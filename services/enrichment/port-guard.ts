import type { Clock } from '../runtime/clock.ts';

export interface PortGuardOptions {
  readonly clock: Clock;
  /** How long a call may take. */
  readonly timeoutMs: number;
  /** How long nothing is asked after a failure; doubles up to eight times as long while it goes on failing. */
  readonly pauseMs: number;
  /** Told of each call that failed; those that were not made are only counted. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** What became of the calls of a port. */
export interface PortCounters {
  readonly calls: number;
  /** The port threw. */
  readonly failures: number;
  /** It did not answer in time. */
  readonly timeouts: number;
  /** Not made: the port had just failed. */
  readonly skipped: number;
}

/** Longest pause, in multiples of the first. */
const LONGEST_PAUSE = 8;

/**
 * Calls a port that may be down: an answer, or undefined soon. After a failure nobody waits for it for a while, then
 * one call tries whether it is back.
 */
export class PortGuard {
  readonly #options: PortGuardOptions;
  readonly #counters = { calls: 0, failures: 0, timeouts: 0, skipped: 0 };
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #pauseMs: number;
  /** The latest call failed. */
  #isDown = false;

  constructor(options: PortGuardOptions) {
    this.#options = options;
    this.#pauseMs = options.pauseMs;
  }

  get counters(): PortCounters {
    return this.#counters;
  }

  async call<Answer>(work: () => Promise<Answer>): Promise<Answer | undefined> {
    const { clock, timeoutMs } = this.#options;
    if (this.#isDown) {
      if (clock.now() < this.#pausedUntilMs) {
        this.#counters.skipped++;
        return undefined;
      }
      // While this call tries, the others do not wait with it.
      this.#pausedUntilMs = clock.now() + timeoutMs;
    }
    this.#counters.calls++;
    const waiting = new AbortController();
    try {
      const late = clock.sleep(timeoutMs, waiting.signal).then(() => LATE);
      const answer = await Promise.race([work(), late]);
      if (answer === LATE) {
        this.#counters.timeouts++;
        this.#fail(new Error(`No answer within ${timeoutMs} ms.`));
        return undefined;
      }
      this.#isDown = false;
      this.#pauseMs = this.#options.pauseMs;
      return answer as Answer;
    } catch (error) {
      this.#counters.failures++;
      this.#fail(error);
      return undefined;
    } finally {
      // With a reason, since the one that it would make itself has a stack trace.
      waiting.abort(LATE);
    }
  }

  #fail(error: unknown): void {
    const { clock, pauseMs, onFailure } = this.#options;
    this.#isDown = true;
    // Replicas that failed together do not come back together.
    this.#pausedUntilMs = clock.now() + this.#pauseMs * (0.75 + Math.random() / 2);
    this.#pauseMs = Math.min(this.#pauseMs * 2, pauseMs * LONGEST_PAUSE);
    onFailure?.(error);
  }
}

const LATE = Symbol('late');
