import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import { FlowtapError } from '../../runtime/errors.ts';

export interface KeepLookingOptions {
  /** False where no more is wanted. */
  readonly look: () => Promise<boolean>;
  readonly intervalMs: number;
  /** A sentence for the user. */
  readonly say: (text: string) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Looks again and again until the signal. While Elasticsearch is away it says so, once, and tries again, ever less often.
 * Throws what trying again does not help against.
 */
export async function keepLooking(options: KeepLookingOptions): Promise<void> {
  const { look, intervalMs, say, clock, signal } = options;
  const backoff = new Backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS);
  let awaySinceMs: number | undefined;
  while (!signal.aborted) {
    try {
      if (!(await look())) return;
      if (awaySinceMs !== undefined) {
        say(`Elasticsearch answers again, after ${Math.round((clock.now() - awaySinceMs) / 1000)} s.`);
      }
      awaySinceMs = undefined;
      backoff.reset();
      await clock.sleep(intervalMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof FlowtapError && error.code === 'ELASTICSEARCH_UNAVAILABLE')) throw error;
      if (awaySinceMs === undefined) say(`${error.message} Trying again until it answers.`);
      awaySinceMs ??= clock.now();
      await clock.sleep(backoff.next(), signal);
    }
  }
}
