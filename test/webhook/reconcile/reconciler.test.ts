import { expect, test } from 'vitest';
import { systemClock } from '../../../services/runtime/clock.ts';
import { MetricRegistry } from '../../../services/runtime/metrics.ts';
import { RECONCILE_METRICS } from '../../../services/webhook/reconcile/reconcile-metrics.ts';
import { Reconciler } from '../../../services/webhook/reconcile/reconciler.ts';
import { PagedPods } from '../../fakes/paged-pods.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';
import { rulesOfFlags } from '../../fixtures/rules-of-flags.ts';
import { until } from '../../support/until.ts';

function start(api: PagedPods, intervalMs: number) {
  const registry = new MetricRegistry();
  const told: string[] = [];
  const stopping = new AbortController();
  const reconciler = new Reconciler({
    ...{ api, clock: systemClock, log: quietLogger(), intervalMs, rules: () => rulesOfFlags() },
    namespaces: {
      get: (name) => Promise.resolve({ name, annotations: { 'flowtap.dev/capture': 'enabled' } }),
    },
    metrics: registry.define(RECONCILE_METRICS),
    events: { add: ({ reason, about }) => void told.push(`${reason} ${about.name}`) },
    maxFindings: 2,
  });
  const ended = reconciler.run(stopping.signal);
  const value = (name: string, labels = {}): Promise<number> =>
    registry.value(`flowtap_webhook_${name}`, labels);
  return { told, stopping, ended, value };
}

const pods = (count: number): PagedPods =>
  new PagedPods(count, (index) => ({
    metadata: { name: `p-${index}`, namespace: 'shop', uid: `u-${index}` },
    spec: { containers: [{ name: 'app' }] },
  }));

test('it counts, tells of what it may tell of, and shows nothing any more when it ends', async () => {
  const { told, stopping, ended, value } = start(pods(3), 10);
  await until(() => told.length >= 4);
  expect(told.slice(0, 4)).toEqual(['missing p-0', 'missing p-1', 'missing p-0', 'missing p-1']);
  expect(await value('pods', { state: 'missing' })).toBe(3);
  expect(await value('pods_unreported')).toBe(1);
  expect(await value('reconcile_age_seconds')).toBeGreaterThanOrEqual(0);
  stopping.abort();
  await ended;
  const names = ['pods', 'pods_unreported', 'reconcile_age_seconds'];
  expect(await Promise.all(names.map((name) => value(name)))).toEqual([0, 0, 0]);
});

test('a failure is counted and tried again', async () => {
  const api = pods(1);
  api.status = 500;
  const { told, stopping, ended, value } = start(api, 10);
  await until(async () => (await value('reconcile_failures_total')) >= 2);
  expect(told).toEqual([]);
  api.status = 200;
  await until(() => told.length > 0);
  stopping.abort();
  await ended;
});

test('an interval of 0 is never', async () => {
  const api = pods(1);
  await start(api, 0).ended;
  expect(api.requests).toEqual([]);
});
