import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CapturedNamespace } from '../../../services/webhook/policy/decide.ts';
import { POD_SHAPES } from '../../fixtures/pod-shapes.ts';
import { admissionReview, RunningAdmission } from '../../fixtures/running-admission.ts';
import { appliedPatch } from '../../support/applied-patch.ts';

let webhook: RunningAdmission;

beforeAll(async () => {
  webhook = await RunningAdmission.start();
});
afterAll(() => webhook.close());

const POD = { metadata: { generateName: 'web-' }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };

async function review(object: unknown, changes: object = {}) {
  const { status, body } = await webhook.post(JSON.stringify(admissionReview(object, changes)));
  expect({ status, body }).toMatchObject({ status: 200 });
  const { apiVersion, kind, response } = JSON.parse(body);
  expect({ apiVersion, kind }).toEqual({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' });
  return response;
}

describe('an answer', () => {
  it('allows the pod, with a patch that applies to it', async () => {
    const { patch, ...response } = await review(POD);
    expect(response).toEqual({
      uid: '0df28fbd-5f5f-11e8-bc74-36e6bb280816',
      allowed: true,
      patchType: 'JSONPatch',
      auditAnnotations: { decision: 'injected' },
    });
    const operations = JSON.parse(Buffer.from(patch, 'base64').toString('utf8'));
    expect(appliedPatch<typeof POD & { spec: { initContainers?: unknown } }>(POD, operations)).toMatchObject({
      spec: { containers: POD.spec.containers, initContainers: [{ name: 'flowtap-probe' }] },
    });
  });

  it('has no patch where there is nothing to do', async () => {
    expect(await review(POD, { namespace: 'other' })).toEqual({
      uid: '0df28fbd-5f5f-11e8-bc74-36e6bb280816',
      allowed: true,
      auditAnnotations: { decision: 'not_enabled' },
    });
  });

  it('warns where a probe was asked for and cannot be', async () => {
    const response = await review({ ...POD, spec: { ...POD.spec, hostNetwork: true } });
    expect(response).toMatchObject({ auditAnnotations: { decision: 'host_network' } });
    expect(response.warnings).toEqual([
      "no flowtap probe (host_network): The pod has its node's network: a probe would capture the whole node.",
    ]);
  });

  it('warns of settings of the namespace that cannot be used, and counts them', async () => {
    const annotations = { 'flowtap.dev/capture': 'enabled', 'flowtap.dev/probe-window': 'often' };
    webhook.namespaces.set('typo', { name: 'typo', annotations });
    const { warnings, patch } = await review(POD, { namespace: 'typo' });
    expect(warnings).toEqual([
      expect.stringMatching(/^flowtap\.dev\/probe-window must be a duration .*"often"/),
    ]);
    expect(patch).toBeDefined();
    expect(await webhook.registry.value('flowtap_webhook_ignored_settings_total')).toBe(1);
  });

  it.each([
    ['an update', { operation: 'UPDATE' }],
    ['a subresource', { subResource: 'ephemeralcontainers' }],
    ['another kind', { resource: { group: 'apps', version: 'v1', resource: 'deployments' } }],
  ])('leaves %s alone', async (_what, changes) => {
    expect(await review(POD, changes)).toMatchObject({
      allowed: true,
      auditAnnotations: { decision: 'not_a_pod_creation' },
    });
  });

  it.each(POD_SHAPES.filter(({ rules, namespace }) => !rules && !namespace))(
    'decides on $name as the table says',
    async ({ pod, reason }) => {
      expect(await review(pod)).toMatchObject({ allowed: true, auditAnnotations: { decision: reason } });
    },
  );
});

describe('what is told of a decision', () => {
  it('has a name for a pod that has none yet, and nothing of a dry run', async () => {
    webhook.decisions.length = 0;
    await review(POD);
    await review({ ...POD, metadata: { name: 'dry' } }, { dryRun: true });
    await review({ ...POD, metadata: { name: 'web-1' } });
    expect(webhook.decisions).toEqual(['shop/web-* injected', 'shop/web-1 injected']);
    const dry = { reason: 'injected', dry_run: 'true' };
    expect(await webhook.registry.value('flowtap_webhook_decisions_total', dry)).toBe(1);
  });
});

describe('what cannot be answered', () => {
  const good = JSON.stringify(admissionReview(POD));
  const LARGE = JSON.stringify(admissionReview({ ...POD, padding: 'x'.repeat(3 * 2 ** 20) }));
  const SPECLESS = JSON.stringify(admissionReview({ metadata: {} }));

  it.each([
    ['another content type', 415, 'content_type', 'must be application/json', good, { type: 'text/plain' }],
    ['too much', 413, 'too_large', 'larger than 3145728 bytes', LARGE, {}],
    ['no JSON', 400, 'malformed', 'cannot be read', '{"apiVersion":', {}],
    ['another object', 400, 'malformed', 'Not an AdmissionReview: apiVersion', '{"kind":"Pod"}', {}],
    ['an old version', 400, 'malformed', 'apiVersion', good.replace('k8s.io/v1', 'k8s.io/v1beta1'), {}],
    ['a pod without a spec', 400, 'malformed', 'request.object.spec', SPECLESS, {}],
    [
      'a namespace that is not there',
      500,
      'namespace',
      'no namespace "shopping"',
      good.replace('"shop"', '"shopping"'),
      {},
    ],
  ])('%s is answered with %d', async (_what, status, cause, text, body, options) => {
    const before = await webhook.registry.value('flowtap_webhook_failures_total', { cause });
    const answer = await webhook.post(body, options);
    expect(answer).toEqual({ status, body: expect.stringContaining(text) });
    expect(await webhook.registry.value('flowtap_webhook_failures_total', { cause })).toBe(before + 1);
  });

  it('a namespace that cannot be looked up is an error of the server, so that failurePolicy decides', async () => {
    const get = (): Promise<CapturedNamespace> => Promise.reject(new Error('down'));
    const broken = await RunningAdmission.start({ namespaces: { get } });
    expect(await broken.post(good)).toEqual({
      status: 500,
      body: expect.stringContaining('could not be looked up'),
    });
    await broken.close();
  });

  it('an error of our own is one too, and says nothing of itself', async () => {
    const rules = (): never => {
      throw new Error('secret');
    };
    const broken = await RunningAdmission.start({ rules });
    expect(await broken.post(good)).toEqual({ status: 500, body: 'The admission could not be decided.\n' });
    expect(await broken.registry.value('flowtap_webhook_failures_total', { cause: 'internal' })).toBe(1);
    await broken.close();
  });

  it('other paths are not found', async () => {
    expect(await webhook.post(good, { path: '/' })).toMatchObject({ status: 404 });
  });
});
