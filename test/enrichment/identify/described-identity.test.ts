import { describe, expect, it } from 'vitest';
import { IdentityDescriber } from '../../../services/enrichment/identify/described-identity.ts';
import {
  DEFAULT_PROMOTED_LABELS,
  promote,
  promotedLabelsProblem,
} from '../../../services/enrichment/identify/promoted-labels.ts';
import { ofNode, ofPod, ofService, podIdentity, podService } from '../../fixtures/kubernetes-identities.ts';

const describer = new IdentityDescriber({
  clusterDomain: 'cluster.local',
  promotedLabels: DEFAULT_PROMOTED_LABELS,
});

describe('an identity', () => {
  it('lists 32 pods at most, and how many there are', () => {
    const pods = Array.from({ length: 40 }, (_, n) => podIdentity(`p-${n}`, { hostNetwork: true }));
    const { members } = describer.describe(ofNode('node-a', pods));
    const fields = JSON.parse(`{${members}}`);
    expect([fields.pods.length, fields.pod_count, fields.pod, fields.pods[31].name]).toEqual([
      ...[32, 40, undefined, 'p-31'],
    ]);
  });

  it('has the same owner whatever its labels are, and another one than other pods', () => {
    const owners = [podIdentity('a'), podIdentity('a', { labels: { app: 'x' } }), podIdentity('b')].map(
      (pod) => describer.describe(ofPod(pod)).owner,
    );
    expect(owners[0]).toBe(owners[1]);
    expect(owners[0]).not.toBe(owners[2]);
    expect(describer.describe(ofService('shop', 'a')).owner).not.toBe(describer.describe(ofNode('a')).owner);
  });

  it('shares services between pods, and has new ones after a change', () => {
    const of = (service = podService()) =>
      describer.describe(ofPod(podIdentity('a', { services: [service] }))).services[0];
    expect(of()).toBe(of());
    expect(of(podService({ labels: { app: 'new' } })).json).toContain('new');
  });

  it.each([
    ['a pod of its own address with a probe', ofPod(podIdentity('a', { monitored: true })), true],
    ['a pod without a probe', ofPod(podIdentity('a')), false],
    [
      'a node with a monitored pod',
      ofNode('n', [podIdentity('a', { monitored: true, hostNetwork: true })]),
      false,
    ],
    ['a service', ofService('shop', 'a'), false],
  ])('of %s: monitored is %s', (_name, identity, expected) => {
    expect(describer.describe(identity).isMonitored).toBe(expected);
  });
});

describe('promoted labels', () => {
  it('take the first label that is there', () => {
    expect(promote({ 'app.kubernetes.io/name': 'b', app: 'a' }, DEFAULT_PROMOTED_LABELS)).toEqual({
      app: 'a',
    });
    expect(promote({ 'app.kubernetes.io/name': 'b' }, DEFAULT_PROMOTED_LABELS)).toEqual({ app: 'b' });
  });

  it.each([
    ['the field of something else', [{ label: 'x', field: 'pod' }]],
    ['no field name', [{ label: 'x', field: 'A.b' }]],
    ['too many', Array.from({ length: 17 }, (_, n) => ({ label: 'x', field: `f${n}` }))],
  ])('are refused: %s', (_name, labels) => {
    expect(promotedLabelsProblem(labels)).toBeTypeOf('string');
    expect(promotedLabelsProblem(DEFAULT_PROMOTED_LABELS)).toBeUndefined();
  });
});
