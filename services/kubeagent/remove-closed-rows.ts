import type { Clock } from '../runtime/clock.ts';
import { FlowtapError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { MetricsOf } from '../runtime/metrics.ts';
import type { KUBEAGENT_METRICS } from './kubeagent-metrics.ts';
import type { MirrorStore } from './mirror-store.ts';
import { isoTime } from './stored-object.ts';

export interface RemovalOptions {
  readonly store: MirrorStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: MetricsOf<typeof KUBEAGENT_METRICS>;
  readonly keepMs: number;
}

const INTERVAL_MS = 60_000;

/** Few enough that events need not wait long. */
const BATCH_ROWS = 2000;

/** Every minute, removes what ended more than `keepMs` ago. */
export async function removeClosedRows(options: RemovalOptions, signal: AbortSignal): Promise<void> {
  const { store, clock, log, metrics, keepMs } = options;
  while (!signal.aborted) {
    try {
      let removed = 0;
      do {
        removed = await store.removeClosed(isoTime(clock.now() - keepMs), BATCH_ROWS);
        metrics.removedRows.add(removed);
      } while (removed >= BATCH_ROWS && !signal.aborted);
    } catch (error) {
      if (!(error instanceof FlowtapError) || error.code === 'NOT_THE_WRITER') throw error;
      log.debug({ error }, 'closed rows could not be removed');
    }
    await clock.sleep(INTERVAL_MS, signal);
  }
}
