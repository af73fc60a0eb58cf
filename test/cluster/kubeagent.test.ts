import { afterAll, beforeAll, expect, test } from 'vitest';
import { cutDown } from '../../services/kubeagent/projection.ts';
import { systemClock } from '../../services/runtime/clock.ts';
import type { KubernetesConnection } from '../../services/runtime/kubernetes/connect.ts';
import { connectKubernetes } from '../../services/runtime/kubernetes/connect.ts';
import { LeaseElection } from '../../services/runtime/kubernetes/lease-election.ts';
import { ListWatch } from '../../services/runtime/kubernetes/list-watch.ts';
import { ListWatchStates } from '../../services/runtime/kubernetes/list-watch-observer.ts';
import { PODS } from '../../services/runtime/kubernetes/resource-kind.ts';
import type { TestDatabase } from '../kubeagent/database.ts';
import { openDatabase } from '../kubeagent/database.ts';
import { identify, nameOf } from '../kubeagent/identity-query.ts';
import { eventually, startAgent } from '../kubeagent/running-agent.ts';
import { silentLog } from '../kubeagent/silent-log.ts';
import type { ControlPlane } from '../servers/control-plane.ts';
import {
  CONTROL_PLANE_START_MS,
  controlPlaneUnavailable,
  startControlPlane,
} from '../servers/control-plane.ts';

let plane: ControlPlane | undefined;
let connection: KubernetesConnection;
let database: TestDatabase | string;
const unavailable = controlPlaneUnavailable();
const always = new AbortController().signal;

beforeAll(async () => {
  if (unavailable !== undefined) return;
  database = await openDatabase('PostgreSQL');
  plane = await startControlPlane();
  connection = connectKubernetes({ kubeconfig: plane.kubeconfigPath, context: undefined, userAgent: 'test' });
}, CONTROL_PLANE_START_MS);
afterAll(async () => {
  connection?.api.close();
  await plane?.stop();
  if (typeof database !== 'string') await database?.close();
});

const POD = {
  containers: [{ name: 'app', image: 'none' }],
  nodeName: 'node-1',
  automountServiceAccountToken: false,
};

async function call(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<void> {
  const contentType = method === 'PATCH' ? 'application/merge-patch+json' : undefined;
  const { status, body: said } = await connection.api.request({
    ...{ method, path, body, signal: always },
    ...(contentType && { contentType }),
  });
  if (status > 299) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(said)}`);
}

async function runPod(name: string, ip: string): Promise<void> {
  const pods = '/api/v1/namespaces/default/pods';
  await call('POST', pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: POD });
  const startTime = `${new Date().toISOString().slice(0, 19)}Z`;
  const status = { phase: 'Running', podIP: ip, podIPs: [{ ip }], startTime };
  await call('PATCH', `${pods}/${name}/status`, { status });
}

function deletePod(name: string): Promise<void> {
  return call('DELETE', `/api/v1/namespaces/default/pods/${name}`, { gracePeriodSeconds: 0 });
}

function listWatch(states = new ListWatchStates(systemClock), pageSize = 2): ListWatch {
  const { api } = connection;
  return new ListWatch({
    api,
    clock: systemClock,
    log: silentLog,
    observer: states,
    trim: cutDown,
    pageSize,
    retryMs: 20,
  });
}

test('names follow the API server, also over its end', { timeout: 300_000 }, async (context) => {
  if (plane === undefined || typeof database === 'string')
    return context.skip(unavailable ?? String(database));
  const { sql } = database;
  for (const index of [1, 2, 3, 4, 5]) await runPod(`pod-${index}`, `10.244.9.${index}`);
  const states = new ListWatchStates(systemClock);
  const agent = await startAgent(sql, listWatch(states));
  const names = async (): Promise<(string | undefined)[]> => {
    const nowMs = Date.now();
    const pairs = [1, 2, 3, 4, 5, 6].map((index) => [`10.244.9.${index}`, nowMs] as const);
    return (await identify(sql, pairs)).map(nameOf);
  };
  const become = (wanted: readonly (string | undefined)[]): Promise<void> =>
    eventually(async () => JSON.stringify(await names()) === JSON.stringify(wanted));
  await become(['pod-1', 'pod-2', 'pod-3', 'pod-4', 'pod-5', undefined]);
  await deletePod('pod-2');
  await runPod('pod-6', '10.244.9.6');
  await become(['pod-1', undefined, 'pod-3', 'pod-4', 'pod-5', 'pod-6']);
  await plane.kill('apiserver');
  await plane.restart('apiserver');
  await deletePod('pod-3');
  await runPod('pod-7', '10.244.9.2');
  await become(['pod-1', 'pod-7', undefined, 'pod-4', 'pod-5', 'pod-6']);
  expect(states.of(PODS).failures + states.of(PODS).watches).toBeGreaterThan(1);
  await agent.stop();
});

test('20 pods that take over an address at once: not one wrong name', {
  timeout: 300_000,
}, async (context) => {
  if (plane === undefined || typeof database === 'string')
    return context.skip(unavailable ?? String(database));
  const { sql } = database;
  const agent = await startAgent(sql, listWatch());
  const address = '10.244.8.1';
  const held: { readonly name: string; readonly fromMs: number; toMs: number }[] = [];
  for (let round = 0; round < 20; round++) {
    const name = `reuse-${round}`;
    const fromMs = Date.now();
    await runPod(name, address);
    await eventually(async () => Date.now() - fromMs > 1200);
    held.push({ name, fromMs, toMs: Date.now() });
    await deletePod(name);
  }
  await eventually(async () => nameOf((await identify(sql, [[address, Date.now()]]))[0]) === undefined);
  const asked = held.flatMap(({ name, fromMs, toMs }) => {
    const times = Array.from({ length: Math.floor((toMs - fromMs) / 20) }, (_, index) => fromMs + index * 20);
    return times.map((atMs) => ({ name, atMs }));
  });
  const rows = await identify(
    sql,
    asked.map(({ atMs }) => [address, atMs] as const),
  );
  const answers = rows.map((row, index) => ({ answer: nameOf(row), holder: asked[index].name }));
  expect(answers.filter(({ answer, holder }) => answer !== undefined && answer !== holder)).toEqual([]);
  expect(answers.filter(({ answer }) => answer !== undefined).length).toBeGreaterThan(0);
  await agent.stop();
});

test('one leads, and another follows when it goes or is silent', { timeout: 120_000 }, async (context) => {
  if (plane === undefined) return context.skip(String(unavailable));
  const leaders: string[] = [];
  const compete = (identity: string): { stop: AbortController; ended: Promise<void> } => {
    const stop = new AbortController();
    const { api } = connection;
    const election = new LeaseElection({
      ...{ api, clock: systemClock, log: silentLog, identity },
      ...{ namespace: 'default', name: 'test-lease', leaseMs: 2000 },
    });
    const lead = async (signal: AbortSignal): Promise<void> => {
      leaders.push(identity);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      leaders.splice(leaders.indexOf(identity), 1);
    };
    return { stop, ended: election.run(lead, stop.signal) };
  };
  const first = compete('first');
  await eventually(async () => leaders.length === 1);
  const second = compete('second');
  const lease = '/apis/coordination.k8s.io/v1/namespaces/default/leases/test-lease';
  // Over several renewals there is one leader, and it stays.
  const renewals = new Set<string>();
  await eventually(async () => {
    const { body } = await connection.api.request({ path: lease, signal: always });
    renewals.add(body.spec.renewTime);
    expect(leaders).toEqual(['first']);
    return renewals.size > 4;
  });
  first.stop.abort();
  await first.ended;
  await eventually(async () => leaders.includes('second'));
  expect(leaders).toEqual(['second']);
  // Somebody else takes the Lease, and is not heard of again: its holder steps down, and gets it back when it has run out.
  const { body } = await connection.api.request({ path: lease, signal: always });
  await call('PATCH', lease, {
    metadata: { resourceVersion: body.metadata.resourceVersion },
    spec: { holderIdentity: 'stranger', renewTime: `${new Date().toISOString().slice(0, 23)}000Z` },
  }).catch(() => call('PATCH', lease, { spec: { holderIdentity: 'stranger' } }));
  await eventually(async () => leaders.length === 0);
  await eventually(async () => leaders.includes('second'));
  second.stop.abort();
  await second.ended;
});
