import { expect, test } from 'vitest';
import { KubernetesTokenReviewer } from '../../../services/enrichment/receive/kubernetes-token-reviewer.ts';
import type { ApiRequest } from '../../../services/runtime/kubernetes/api-client.ts';

const NAME = 'system:serviceaccount:shop:web';
const extra = {
  'authentication.kubernetes.io/pod-name': ['web-1'],
  'authentication.kubernetes.io/pod-uid': ['uid-1'],
  'authentication.kubernetes.io/node-name': ['node-a'],
};
const good = { authenticated: true, audiences: ['flowtap'], user: { username: NAME, extra } };

function review(status: number, body: unknown): { verdict: Promise<unknown>; asked: ApiRequest[] } {
  const asked: ApiRequest[] = [];
  const api = {
    request: (request: ApiRequest) => {
      asked.push(request);
      return Promise.resolve({ status, headers: {}, body });
    },
  };
  const reviewer = new KubernetesTokenReviewer(api, 'flowtap', new AbortController().signal);
  return { verdict: reviewer.review('secret'), asked };
}

test('asks for the token and the audience', async () => {
  const { verdict, asked } = review(201, { status: good });
  await verdict;
  expect(asked).toMatchObject([
    {
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: { kind: 'TokenReview', spec: { token: 'secret', audiences: ['flowtap'] } },
    },
  ]);
});

test.each<[string, unknown, object]>([
  [
    'a token made for a pod',
    good,
    {
      kind: 'accepted',
      sender: {
        method: 'token_review',
        name: NAME,
        pod: { namespace: 'shop', name: 'web-1', uid: 'uid-1', node: 'node-a' },
      },
    },
  ],
  [
    'a token made for nobody in particular',
    { ...good, user: { username: NAME } },
    { kind: 'accepted', sender: { method: 'token_review', name: NAME } },
  ],
  [
    'a token of a person',
    { ...good, user: { username: 'jane' } },
    { kind: 'forbidden', message: 'jane is not a service account.' },
  ],
  ['a token for others', { ...good, audiences: ['api'] }, { kind: 'unknown' }],
  ['a server without audiences', { ...good, audiences: undefined }, { kind: 'unknown' }],
  [
    'a token that is not sound',
    { authenticated: false, error: 'bad signature' },
    { kind: 'unknown', message: expect.stringContaining('bad signature') },
  ],
  ['an empty status', {}, { kind: 'unknown' }],
])('%s', async (_name, status, expected) => {
  expect(await review(201, { status }).verdict).toMatchObject(expected);
});

test.each([
  [403, { message: 'forbidden' }],
  [201, 'proxy page'],
])('an answer %i %j is no verdict', async (status, body) => {
  await expect(review(status, body).verdict).rejects.toMatchObject({ code: 'KUBERNETES_REFUSED' });
});
