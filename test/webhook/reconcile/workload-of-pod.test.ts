import { expect, test } from 'vitest';
import type { PodMetadata } from '../../../services/webhook/pod.ts';
import { restartAdvice, workloadOfPod } from '../../../services/webhook/reconcile/workload-of-pod.ts';

const owned = (kind: string, name: string, labels = {}): PodMetadata => ({
  ...{ name: 'pod-x', labels },
  ownerReferences: [
    { kind: 'Node', name: 'n' },
    { kind, name, controller: true },
  ],
});

test.each([
  {
    metadata: owned('ReplicaSet', 'web-7d9f', { 'pod-template-hash': '7d9f' }),
    is: 'Deployment web',
    todo: 'kubectl -n shop rollout restart deployment/web',
  },
  {
    metadata: owned('ReplicaSet', 'web-7d9f', { 'pod-template-hash': 'other' }),
    is: 'ReplicaSet web-7d9f',
    todo: 'kubectl -n shop delete pod/pod-x',
  },
  { metadata: owned('ReplicaSet', 'few'), is: 'ReplicaSet few', todo: 'kubectl -n shop delete pod/pod-x' },
  {
    metadata: owned('StatefulSet', 'db'),
    is: 'StatefulSet db',
    todo: 'kubectl -n shop rollout restart statefulset/db',
  },
  {
    metadata: owned('DaemonSet', 'agent'),
    is: 'DaemonSet agent',
    todo: 'kubectl -n shop rollout restart daemonset/agent',
  },
  {
    metadata: owned('Job', 'nightly-29'),
    is: 'Job nightly-29',
    todo: 'nothing: the pods of the next Job are made anew',
  },
  {
    metadata: owned('Rollout', 'web'),
    is: 'Rollout web',
    todo: 'have Rollout web in shop make its pods anew',
  },
  { metadata: { name: 'pod-x' }, is: 'Pod pod-x', todo: 'delete pod/pod-x in shop and create it anew' },
])('$is', ({ metadata, is, todo }) => {
  const workload = workloadOfPod({ metadata, spec: { containers: [] } });
  expect(`${workload.kind} ${workload.name}`).toBe(is);
  expect(restartAdvice('shop', workload, 'pod-x')).toBe(todo);
});
