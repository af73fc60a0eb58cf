import { Kubeagent } from '../../kubeagent/kubeagent.ts';
import { KUBEAGENT_METRICS } from '../../kubeagent/kubeagent-metrics.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { MemoryObjectSource } from '../../runtime/kubernetes/memory-object-source.ts';
import type { Logger } from '../../runtime/logger.ts';
import { MetricRegistry } from '../../runtime/metrics.ts';
import { migrate } from '../../runtime/postgres/migrations.ts';
import { PgliteSql } from '../../runtime/postgres/pglite-sql.ts';
import type { Sql } from '../../runtime/postgres/sql.ts';

const POLL_MS = 50;
const HOUR_MS = 3_600_000;

/** The state store in this process, and the kubeagent that keeps it. */
export interface EmbeddedStateStore {
  readonly sql: Sql;
  /** Rejects when the kubeagent cannot go on; resolves after `close`. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Opens a PGlite and mirrors the objects into it; resolves when all of them are there, or the signal aborts. */
export async function openStateStore(
  source: MemoryObjectSource,
  { clock, log, signal }: { readonly clock: Clock; readonly log: Logger; readonly signal: AbortSignal },
): Promise<EmbeddedStateStore> {
  const sql = await PgliteSql.open();
  const closing = new AbortController();
  const ending = AbortSignal.any([signal, closing.signal]);
  await migrate(sql, log);
  const kubeagent = new Kubeagent({
    ...{ sql, source, clock, log, metrics: new MetricRegistry().define(KUBEAGENT_METRICS) },
    holder: 'demo',
    keepMs: HOUR_MS,
    skewMs: 0,
    settleMs: 0,
    maxQueuedEvents: 1000,
  });
  const ended = kubeagent.run(ending);
  ended.catch(() => closing.abort());
  while (!ending.aborted && kubeagent.missingKinds?.length !== 0) await clock.sleep(POLL_MS, ending);
  return {
    sql,
    ended,
    async close() {
      closing.abort();
      await ended.catch(() => undefined);
      await sql.close();
    },
  };
}
