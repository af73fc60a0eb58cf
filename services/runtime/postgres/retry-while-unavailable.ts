import { Backoff } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { FlowtapError } from '../errors.ts';
import type { Logger } from '../logger.ts';

const RETRY_MS = 250;
const MAX_RETRY_MS = 10_000;

/** Does the work, again while the database is unavailable. Undefined where the signal was aborted before it was done. */
export async function retryWhileUnavailable<T>(
  work: () => Promise<T>,
  { clock, log, signal }: { readonly clock: Clock; readonly log: Logger; readonly signal: AbortSignal },
): Promise<T | undefined> {
  const backoff = new Backoff(RETRY_MS, MAX_RETRY_MS);
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof FlowtapError) || error.code !== 'POSTGRES_UNAVAILABLE') throw error;
      const waitMs = backoff.next();
      log.warn(
        { error, waitMs: Math.round(waitMs) },
        'the state store is not available, will be tried again',
      );
      await clock.sleep(waitMs, signal);
    }
  }
  return undefined;
}
