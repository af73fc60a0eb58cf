import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { KubernetesTokenReviewer } from '../../services/enrichment/receive/kubernetes-token-reviewer.ts';
import { TokenReviewAuthority } from '../../services/enrichment/receive/token-review.ts';
import { systemClock } from '../../services/runtime/clock.ts';
import type { KubernetesConnection } from '../../services/runtime/kubernetes/connect.ts';
import { connectKubernetes } from '../../services/runtime/kubernetes/connect.ts';
import { unsignedToken } from '../fixtures/service-account-token.ts';
import type { ControlPlane } from '../servers/control-plane.ts';
import {
  CONTROL_PLANE_START_MS,
  controlPlaneUnavailable,
  startControlPlane,
} from '../servers/control-plane.ts';

const NAME = 'system:serviceaccount:shop:web';

const unavailable = controlPlaneUnavailable();
const ending = new AbortController();
let plane: ControlPlane | undefined;
let kubernetes: KubernetesConnection | undefined;
let authority: TokenReviewAuthority;
const reviews: string[] = [];

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

beforeAll(async () => {
  if (unavailable !== undefined) return;
  plane = await startControlPlane();
  const objects = [
    { kind: 'Namespace', metadata: { name: 'shop' } },
    { kind: 'ServiceAccount', metadata: { name: 'web', namespace: 'shop' } },
    { kind: 'Node', metadata: { name: 'node-a' } },
    {
      kind: 'Pod',
      metadata: { name: 'web-1', namespace: 'shop' },
      spec: {
        nodeName: 'node-a',
        serviceAccountName: 'web',
        automountServiceAccountToken: false,
        containers: [{ name: 'web', image: 'web' }],
      },
    },
  ];
  for (const object of objects)
    plane.kubectl(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', ...object }));
  kubernetes = connectKubernetes({
    kubeconfig: plane.kubeconfigPath,
    context: undefined,
    userAgent: 'flowtap-test',
  });
  authority = new TokenReviewAuthority({
    reviewer: new KubernetesTokenReviewer(kubernetes.api, 'flowtap', ending.signal),
    clock: systemClock,
    maxAgeMs: 1,
    maxTokens: 100,
    onReview: (outcome) => reviews.push(outcome),
  });
}, CONTROL_PLANE_START_MS);

afterAll(async () => {
  ending.abort();
  kubernetes?.api.close();
  await plane?.stop();
});

const token = (...args: readonly string[]): string =>
  plane!.kubectl(['-n', 'shop', 'create', 'token', 'web', ...args]).trim();
const uid = (): string =>
  plane!.kubectl(['-n', 'shop', 'get', 'pod', 'web-1', '-o', 'jsonpath={.metadata.uid}']);

test('a token for a pod says which pod, and on which node', async () => {
  const made = token('--audience', 'flowtap', '--bound-object-kind', 'Pod', '--bound-object-name', 'web-1');
  expect(await authority.judge(made)).toEqual({
    kind: 'accepted',
    sender: {
      method: 'token_review',
      name: NAME,
      pod: { namespace: 'shop', name: 'web-1', uid: uid(), node: 'node-a' },
    },
  });
});

test('a token of the account alone has no pod', async () => {
  expect(await authority.judge(token('--audience', 'flowtap'))).toEqual({
    kind: 'accepted',
    sender: { method: 'token_review', name: NAME },
  });
});

test('a token for the API server, or one that nobody signed, is not known', async () => {
  expect(await authority.judge(token())).toMatchObject({ kind: 'unknown' });
  const made = unsignedToken({ aud: ['flowtap'], exp: systemClock.now() / 1000 + 3600, sub: NAME });
  expect(await authority.judge(made)).toMatchObject({ kind: 'unknown' });
});

test('a token is no longer good when its pod is gone', async () => {
  const made = token('--audience', 'flowtap', '--bound-object-kind', 'Pod', '--bound-object-name', 'web-1');
  expect(await authority.judge(made)).toMatchObject({ kind: 'accepted' });
  plane!.kubectl(['-n', 'shop', 'delete', 'pod', 'web-1', '--grace-period=0', '--force', '--wait=true']);
  await expect.poll(() => authority.judge(made), { timeout: 20_000 }).toMatchObject({ kind: 'unknown' });
});

test('while the API server is away, what was good stays so, and others are told to come again', async () => {
  const [made, other] = [token('--audience', 'flowtap'), token('--audience', 'flowtap', '--duration', '20m')];
  expect(await authority.judge(made)).toMatchObject({ kind: 'accepted' });
  await plane!.kill('apiserver');
  expect(await authority.judge(made)).toMatchObject({ kind: 'accepted' });
  expect(await authority.judge(other)).toMatchObject({ kind: 'undecided' });
  expect(reviews).toContain('undecided');
});
