import { expect, test } from 'vitest';
import type { AuthenticatedSender } from '../../../services/enrichment/receive/authenticator.ts';
import { toSender } from '../../../services/enrichment/receive/batch-sender.ts';
import { batchHeader, PROBE } from '../../fixtures/flow-batch.ts';

const claimed = { namespace: 'shop', name: 'web-1', uid: 'uid-1', node: 'node-a' };
const other = { namespace: 'kube-system', name: 'other', uid: 'uid-2', node: 'node-b' };
const withoutPod = { ...PROBE, pod: undefined };

test.each<[string, AuthenticatedSender, object]>([
  [
    'the pod of the token is the one claimed',
    { method: 'token_review', name: 'sa', pod: claimed },
    { pod: claimed, ips: ['10.0.0.1'], probe: PROBE, provenIps: ['10.0.0.9'] },
  ],
  [
    'the token has another pod than claimed',
    { method: 'token_review', name: 'sa', pod: other },
    { pod: other, probe: withoutPod, provenIps: ['10.0.0.9'] },
  ],
  [
    'the token has no pod',
    { method: 'token_review', name: 'sa' },
    { probe: withoutPod, provenIps: ['10.0.0.9'] },
  ],
  [
    'a shared token vouches for the claim',
    { method: 'token_file', name: 'token:vm' },
    { pod: claimed, ips: ['10.0.0.1'], probe: PROBE },
  ],
  ['nobody', { method: 'anonymous', name: 'anonymous' }, { pod: claimed, ips: ['10.0.0.1'], probe: PROBE }],
])('%s', (_name, owner, expected) => {
  const sender = toSender(owner, batchHeader(), true, '10.0.0.9');
  expect(sender).toEqual({ name: owner.name, lossy: true, ...expected });
});

test('without a header there is only the name, or the pod of the token', () => {
  expect(toSender({ method: 'token_file', name: 'token:vm' }, undefined, false)).toEqual({
    name: 'token:vm',
    lossy: false,
  });
  const owner: AuthenticatedSender = { method: 'token_review', name: 'sa', pod: other };
  expect(toSender(owner, undefined, false)).toEqual({ name: 'sa', lossy: false, pod: other, provenIps: [] });
});
