import { Kubeagent } from '../../services/kubeagent/kubeagent.ts';
import { KUBEAGENT_METRICS } from '../../services/kubeagent/kubeagent-metrics.ts';
import { systemClock } from '../../services/runtime/clock.ts';
import type { ObjectSource } from '../../services/runtime/kubernetes/object-source.ts';
import { MetricRegistry } from '../../services/runtime/metrics.ts';
import type { Sql } from '../../services/runtime/postgres/sql.ts';
import { silentLog } from './silent-log.ts';

export interface RunningAgent {
  readonly agent: Kubeagent;
  /** Rejects as the agent does. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** A kubeagent without a process of its own, whose first lists are written. */
export async function startAgent(sql: Sql, source: ObjectSource, holder = 'test'): Promise<RunningAgent> {
  const stopping = new AbortController();
  const agent = new Kubeagent({
    ...{ sql, source, holder, clock: systemClock, log: silentLog },
    metrics: new MetricRegistry().define(KUBEAGENT_METRICS),
    ...{ keepMs: 3_600_000, skewMs: 0, settleMs: 0, maxQueuedEvents: 100 },
  });
  const ended = agent.run(stopping.signal);
  ended.catch(() => undefined);
  await eventually(async () => agent.missingKinds?.length === 0);
  return {
    agent,
    ended,
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

/** Waits for a condition; the test's own time limit ends the wait. */
export async function eventually(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
