import { expect, it } from 'vitest';
import type { ApiRequest } from '../../../services/runtime/kubernetes/api-client.ts';
import { MetricRegistry } from '../../../services/runtime/metrics.ts';
import { decisionEvent } from '../../../services/webhook/admission/decision-event.ts';
import { ObjectEvents } from '../../../services/webhook/object-events.ts';
import type { Pod } from '../../../services/webhook/pod.ts';
import type { Decision, Reason } from '../../../services/webhook/policy/decision.ts';
import { WEBHOOK_METRICS } from '../../../services/webhook/webhook-metrics.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';

interface Written {
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: an Event
  readonly body: any;
}

interface ToldDecisions {
  add(pod: Pod, namespace: string, decision: Decision): void;
  run(signal: AbortSignal): Promise<void>;
}

function rig({ status = 201, maxQueued = 3 } = {}) {
  const clock = new ManualClock(Date.UTC(2026, 0, 2));
  const registry = new MetricRegistry();
  const written: Written[] = [];
  const api = {
    request: async ({ path, body }: ApiRequest) => {
      written.push({ path, body });
      return { status, headers: {}, body: {} };
    },
  };
  const objectEvents = new ObjectEvents({
    ...{ api, clock, maxQueued, log: quietLogger(), instance: 'webhook-1' },
    count: registry.define(WEBHOOK_METRICS).events,
  });
  const events: ToldDecisions = {
    run: (signal) => objectEvents.run(signal),
    add: (pod, namespace, decision) => {
      const event = decisionEvent(pod, namespace, decision);
      if (event !== undefined) objectEvents.add(event);
    },
  };
  const outcome = (name: string) => registry.value('flowtap_webhook_events_total', { outcome: name });
  return { clock, written, events, outcome };
}

const podOf = (owner: string): Pod => ({
  metadata: {
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: `uid-${owner}`, controller: true },
    ],
  },
  spec: { containers: [{ name: 'web' }] },
});

async function run(events: ToldDecisions, isDone: () => Promise<boolean> | boolean): Promise<void> {
  const ending = new AbortController();
  const running = events.run(ending.signal);
  await expect.poll(isDone).toBe(true);
  ending.abort();
  await running;
}

it('tells whatever makes the pods, in words', async () => {
  const { events, written } = rig();
  events.add(podOf('web-7d9f'), 'shop', { reason: 'host_network' });
  await run(events, () => written.length === 1);
  expect(written[0]).toMatchObject({
    path: '/api/v1/namespaces/shop/events',
    body: {
      kind: 'Event',
      type: 'Warning',
      reason: 'FlowtapHostNetwork',
      message: expect.stringMatching(/^no flowtap probe \(host_network\): /),
      involvedObject: { kind: 'ReplicaSet', name: 'web-7d9f', uid: 'uid-web-7d9f', namespace: 'shop' },
      eventTime: '2026-01-02T00:00:00.000000Z',
    },
  });
});

it.each<[Reason, string | undefined]>([
  ['injected', 'Normal'],
  ['updated', 'Normal'],
  ['psa_forbids_net_raw', 'Warning'],
  ['already_injected', undefined],
  ['not_enabled', undefined],
  ['disabled_by_pod', undefined],
  ['excluded_namespace', undefined],
])('%s is told as %s', async (reason, type) => {
  const { events, written } = rig();
  events.add(podOf('web'), 'shop', { reason });
  events.add(podOf('end'), 'shop', { reason: 'host_network' });
  await run(events, () => written.at(-1)?.body.involvedObject.name === 'end');
  expect(written.slice(0, -1).map(({ body }) => body.type)).toEqual(type === undefined ? [] : [type]);
});

it('tells the same once an hour', async () => {
  const { events, written, clock, outcome } = rig();
  for (const minutes of [0, 30, 29, 2]) {
    clock.advance(minutes * 60_000);
    events.add(podOf('web'), 'shop', { reason: 'injected' });
  }
  events.add(podOf('other'), 'shop', { reason: 'injected' });
  await run(events, () => written.length === 3);
  expect([await outcome('written'), await outcome('repeated')]).toEqual([3, 2]);
});

it('drops and counts what is too much, and what has no owner that could be told', async () => {
  const { events, written, outcome } = rig({ maxQueued: 3 });
  for (const owner of ['a', 'b', 'c', 'd', 'e']) events.add(podOf(owner), 'shop', { reason: 'injected' });
  events.add({ spec: { containers: [] } }, 'shop', { reason: 'injected' });
  await run(events, () => written.length === 3);
  expect([await outcome('written'), await outcome('dropped')]).toEqual([3, 2]);
});

it('counts what the API server refuses, and goes on', async () => {
  const { events, written, outcome } = rig({ status: 403 });
  events.add(podOf('a'), 'shop', { reason: 'injected' });
  events.add(podOf('b'), 'shop', { reason: 'injected' });
  await run(events, async () => (await outcome('failed')) === 2);
  expect(written).toHaveLength(2);
});
