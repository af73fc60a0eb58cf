import { expect, test } from 'vitest';
import { takePodCensus } from '../../../services/webhook/reconcile/pod-census.ts';
import { PagedPods } from '../../fakes/paged-pods.ts';
import { rulesOfFlags } from '../../fixtures/rules-of-flags.ts';

const signal = new AbortController().signal;
const rules = rulesOfFlags();
const asking = { annotations: { 'flowtap.dev/capture': 'enabled' } };
const namespaces = {
  get: (name: string) =>
    Promise.resolve(name === 'gone' ? undefined : { name, ...(name !== 'silent' && asking) }),
};

const pod = (name: string, more: object = {}, spec: object = {}) => ({
  metadata: { name, namespace: 'shop', uid: `uid-${name}`, ...more },
  spec: { containers: [{ name: 'app' }], ...spec },
});
const ofReplicaSet = (name: string) => ({
  labels: { 'pod-template-hash': 'abc' },
  ownerReferences: [{ kind: 'ReplicaSet', name: `${name}-abc`, uid: `uid-${name}`, controller: true }],
});

test('pods of one workload are one finding, over pages', async () => {
  const api = new PagedPods(5, (index) => pod(`web-${index}`, ofReplicaSet('web')));
  const { counts, findings, omitted } = await takePodCensus({ api, namespaces, rules, signal, pageSize: 2 });
  expect({ counts: [...counts], omitted }).toEqual({ counts: [['missing', 5]], omitted: 0 });
  expect(findings).toEqual([
    {
      ...{ state: 'missing', namespace: 'shop', pod: 'web-0', pods: 5 },
      workload: { kind: 'Deployment', name: 'web' },
      about: { kind: 'ReplicaSet', name: 'web-abc', uid: 'uid-web', controller: true },
      advice: 'kubectl -n shop rollout restart deployment/web',
    },
  ]);
  expect(api.requests.map(({ query }) => query?.continue)).toEqual([undefined, '2', '4']);
});

test('what ends, is over or has lost its namespace is not counted', async () => {
  const pods = [pod('a', { deletionTimestamp: '2026-01-01T00:00:00Z' }), pod('b', { namespace: 'gone' }), {}];
  const api = new PagedPods(2, (index) => pods[index]);
  expect((await takePodCensus({ api, namespaces, rules, signal })).counts.size).toBe(0);
  expect(api.requests[0].query?.fieldSelector).toBe('status.phase!=Succeeded,status.phase!=Failed');
});

test('only what somebody did not expect is a finding, and only what new pods would help has advice', async () => {
  const pods = [
    pod('host', {}, { hostNetwork: true }),
    pod('quiet', { namespace: 'silent' }),
    pod('own', { annotations: { 'flowtap.dev/capture': 'disabled' } }),
  ];
  const { counts, findings } = await takePodCensus({
    ...{ namespaces, rules, signal },
    api: new PagedPods(3, (index) => pods[index]),
  });
  expect([...counts.keys()]).toEqual([
    'excluded host_network',
    'excluded not_enabled',
    'excluded disabled_by_pod',
  ]);
  expect(findings.map(({ pod: name, advice }) => ({ name, advice }))).toEqual([
    { name: 'host', advice: undefined },
  ]);
});

test('one namespace is asked for by its own path', async () => {
  const api = new PagedPods(0, () => undefined);
  await takePodCensus({ api, namespaces, rules, signal, namespace: 'shop' });
  expect(api.requests.map(({ path }) => path)).toEqual(['/api/v1/namespaces/shop/pods']);
});

test('findings are bounded, and the rest is counted', async () => {
  const api = new PagedPods(50, (index) => pod(`p-${index}`));
  const census = await takePodCensus({ api, namespaces, rules, signal, maxFindings: 10 });
  expect({ findings: census.findings.length, omitted: census.omitted }).toEqual({
    findings: 10,
    omitted: 40,
  });
  expect(census.counts.get('missing')).toBe(50);
});
