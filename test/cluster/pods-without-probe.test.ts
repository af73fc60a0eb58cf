import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CheckResult } from '../../services/cli/check/check-result.ts';
import { ClusterNamespaces } from '../../services/cli/check/cluster-namespaces.ts';
import { systemClock } from '../../services/runtime/clock.ts';
import type { KubernetesConnection } from '../../services/runtime/kubernetes/connect.ts';
import { connectKubernetes } from '../../services/runtime/kubernetes/connect.ts';
import { MetricRegistry } from '../../services/runtime/metrics.ts';
import { createAdmissionApp } from '../../services/webhook/admission/admission-app.ts';
import type { AdmissionServer } from '../../services/webhook/admission/admission-server.ts';
import { startAdmissionServer } from '../../services/webhook/admission/admission-server.ts';
import { ObjectEvents } from '../../services/webhook/object-events.ts';
import { RECONCILE_METRICS } from '../../services/webhook/reconcile/reconcile-metrics.ts';
import { Reconciler } from '../../services/webhook/reconcile/reconciler.ts';
import { WEBHOOK_METRICS } from '../../services/webhook/webhook-metrics.ts';
import { injectText } from '../cli/inject/inject-text.ts';
import { fixedCertificates } from '../fixtures/fixed-certificates.ts';
import { rulesOfFlags } from '../fixtures/rules-of-flags.ts';
import { makeCertificate } from '../fixtures/server-certificate.ts';
import { silentLog } from '../kubeagent/silent-log.ts';
import type { ControlPlane } from '../servers/control-plane.ts';
import {
  CONTROL_PLANE_START_MS,
  controlPlaneUnavailable,
  startControlPlane,
} from '../servers/control-plane.ts';
import { runFlowtap } from '../support/flowtap-process.ts';
import { until } from '../support/until.ts';
import { untilServiceAccount } from './service-account.ts';

const unavailable = controlPlaneUnavailable('controller-manager');
const RULES = rulesOfFlags();
const OLD_RULES = rulesOfFlags({ probeImage: 'example.org/flowtap-probe:0' });
const always = new AbortController().signal;

let plane: ControlPlane;
let connection: KubernetesConnection;

const pod = (name: string, more: object = {}, annotations: object = {}): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', annotations },
    spec: { containers: [{ name: 'app', image: 'app' }], ...more },
  });
const deployment = (name: string): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'app' }] },
      },
    },
  });

/** Nobody runs these pods; their status is what a kubelet would write. */
function report(name: string, status: unknown): void {
  const patch = ['patch', 'pod', name, '--subresource=status', '--type=merge', '-p'];
  plane.kubectl(['-n', 'shop', ...patch, JSON.stringify({ status })]);
}

beforeAll(async () => {
  if (unavailable !== undefined) return;
  plane = await startControlPlane({ with: ['controller-manager'] });
  connection = connectKubernetes({ kubeconfig: plane.kubeconfigPath, context: undefined, userAgent: 'test' });
  const create = (manifests: string): string => plane.kubectl(['create', '-f', '-'], manifests);
  const inject = (manifest: string, rules = RULES): string => injectText(manifest, rules).text;
  plane.kubectl(['create', 'namespace', 'shop']);
  await untilServiceAccount(plane, 'shop');
  // What was there before the namespace asked for probes.
  create(deployment('old'));
  create(pod('alone'));
  create(pod('finished'));
  report('finished', { phase: 'Succeeded' });
  plane.kubectl(['annotate', 'namespace', 'shop', 'flowtap.dev/capture=enabled']);
  create(inject(deployment('new')));
  create(inject(pod('outdated'), OLD_RULES));
  create(pod('on-the-node', { hostNetwork: true }));
  create(pod('own', {}, { 'flowtap.dev/capture': 'disabled' }));
  create(inject(pod('crashing')));
  const crashing = { name: 'flowtap-probe', image: 'p', imageID: 'p', ready: false, restartCount: 4 };
  const state = { waiting: { reason: 'CrashLoopBackOff' } };
  report('crashing', { phase: 'Running', initContainerStatuses: [{ ...crashing, state }] });
  const pods = ['-n', 'shop', 'get', 'pods', '-o', 'name'];
  await until(() => plane.kubectl(pods).trim().split('\n').length === 12);
}, CONTROL_PLANE_START_MS);
afterAll(async () => {
  connection?.api.close();
  await plane?.stop();
});
beforeEach((context) => {
  if (unavailable !== undefined) context.skip(unavailable);
});

interface EventText {
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

test('the reconciler counts all pods and tells of those without a probe, once', async () => {
  const { api } = connection;
  const registry = new MetricRegistry();
  const stopping = new AbortController();
  const events = new ObjectEvents({
    ...{ api, clock: systemClock, log: silentLog, instance: 'test' },
    count: registry.define(WEBHOOK_METRICS).events,
  });
  const reconciler = new Reconciler({
    ...{ api, clock: systemClock, log: silentLog, events, rules: () => RULES },
    namespaces: await ClusterNamespaces.read(api, undefined, always),
    metrics: registry.define(RECONCILE_METRICS),
    ...{ intervalMs: 50, pageSize: 2 },
  });
  const ended = Promise.all([reconciler.run(stopping.signal), events.run(stopping.signal)]);
  const value = (state: string, reason = ''): Promise<number> =>
    registry.value('flowtap_webhook_pods', { state, reason });
  await until(
    async () => (await registry.value('flowtap_webhook_events_total', { outcome: 'repeated' })) >= 2,
  );
  expect({
    withProbe: await value('with_probe'),
    outdated: await value('outdated'),
    missing: await value('missing'),
    hostNetwork: await value('excluded', 'host_network'),
    disabled: await value('excluded', 'disabled_by_pod'),
  }).toEqual({ withProbe: 4, outdated: 1, missing: 4, hostNetwork: 1, disabled: 1 });
  stopping.abort();
  await ended;
  // The next leader counts now.
  expect(await value('missing')).toBe(0);
  const { items } = JSON.parse(plane.kubectl(['-n', 'shop', 'get', 'events', '-o', 'json']));
  const told = (items as readonly EventText[])
    .filter(({ reason }) => reason.startsWith('Flowtap'))
    .map(({ reason, message, involvedObject: { kind, name } }) => ({
      ...{ reason, about: `${kind} ${name.replace(/-.*/, '')}` },
      todo: message.slice(message.indexOf('To do: ')),
    }));
  expect(told.toSorted((one, other) => one.about.localeCompare(other.about))).toEqual([
    {
      reason: 'FlowtapMissing',
      about: 'Pod alone',
      todo: 'To do: delete pod/alone in shop and create it anew',
    },
    {
      reason: 'FlowtapMissing',
      about: 'ReplicaSet old',
      todo: 'To do: kubectl -n shop rollout restart deployment/old',
    },
  ]);
});

describe('flowtap check', () => {
  const check = async (...args: string[]): Promise<{ code: number | null; lines: readonly string[] }> => {
    const access = ['--kubeconfig', plane.kubeconfigPath, '--format', 'json'];
    const { exitCode, stdout, stderr } = await runFlowtap(['check', ...access, ...args]);
    if (stdout === '') throw new Error(stderr);
    const { results } = JSON.parse(stdout) as { readonly results: readonly CheckResult[] };
    const lines = results.map(({ outcome, check: name, message }) => `${outcome} ${name}: ${message}`);
    return { code: exitCode, lines };
  };
  let server: AdmissionServer;

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    const certificates = fixedCertificates(makeCertificate(plane.folder, 'webhook'));
    const app = createAdmissionApp({
      namespaces: await ClusterNamespaces.read(connection.api, undefined, always),
      rules: () => RULES,
      metrics: new MetricRegistry().define(WEBHOOK_METRICS),
      log: silentLog,
      onDecision: () => undefined,
      signal: always,
    });
    server = await startAdmissionServer({
      app,
      address: { host: '127.0.0.1', port: 0 },
      certificates,
      graceMs: 0,
    });
  });
  afterAll(() => server?.close());

  const configure = (clientConfig: object, failurePolicy = 'Ignore'): string =>
    plane.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingWebhookConfiguration',
        metadata: { name: 'flowtap-webhook' },
        webhooks: [
          {
            ...{ name: 'pods.webhook.flowtap.dev', failurePolicy, clientConfig },
            ...{ sideEffects: 'NoneOnDryRun', admissionReviewVersions: ['v1'], timeoutSeconds: 5 },
            rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
          },
        ],
      }),
    );

  test('without a webhook', async () => {
    const { code, lines } = await check('--only', 'webhook,injection');
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [
        'fail webhook: There is no MutatingWebhookConfiguration flowtap-webhook',
        'fail injection: A pod in shop would get no probe, and the webhook says nothing of it',
      ],
    });
  });

  test('with one that cannot be reached', async () => {
    configure({ service: { namespace: 'flowtap', name: 'flowtap-webhook', path: '/mutate' } }, 'Fail');
    const { code, lines } = await check('--only', 'webhook,injection');
    expect(code).toBe(1);
    expect(lines).toEqual([
      'ok webhook: flowtap-webhook has pods.webhook.flowtap.dev',
      'warn webhook: pods.webhook.flowtap.dev: failurePolicy is Fail, so no pod is created while it does not answer',
      'fail webhook: pods.webhook.flowtap.dev: caBundle is empty, so the API server does not trust it',
      'fail webhook: pods.webhook.flowtap.dev: the Service flowtap-webhook in flowtap has nobody who is ready',
      expect.stringMatching(/^fail injection: A pod in shop would be refused: .*failed calling webhook/),
    ]);
  });

  test('with one that works: all that is left are pods from before, and a probe that crashes', async () => {
    const caBundle = readFileSync(`${plane.folder}/webhook.crt`).toString('base64');
    configure({ url: `https://127.0.0.1:${server.address.port}/mutate`, caBundle });
    // The API server takes a moment to hear of it.
    await until(async () => (await check('--only', 'injection')).code === 0);
    const { code, lines } = await check();
    expect(code).toBe(1);
    expect(lines.toSorted()).toEqual([
      expect.stringMatching(/^fail probes: pod\/crashing in shop \(1 pod\): the probe ends again and again$/),
      expect.stringMatching(/^ok api: https:\S+ is Kubernetes v1\.\d+/),
      'ok injection: A pod in shop would get the probe, as a native sidecar',
      'ok namespaces: 1 ask for probes: shop',
      'ok webhook: flowtap-webhook has pods.webhook.flowtap.dev',
      'ok webhook: pods.webhook.flowtap.dev: caBundle is set',
      `ok webhook: pods.webhook.flowtap.dev: is called at https://127.0.0.1:${server.address.port}/mutate`,
      'ok webhook: pods.webhook.flowtap.dev: pods are created also while it does not answer',
      expect.stringMatching(/^warn pods: deployment\/old in shop \(3 pods\): no flowtap probe, though/),
      expect.stringMatching(/^warn pods: pod\/alone in shop \(1 pod\): no flowtap probe, though/),
      expect.stringMatching(
        /^warn pods: pod\/on-the-node in shop \(1 pod\): no flowtap probe \(host_network\)/,
      ),
    ]);
  });

  test('Pod Security that refuses NET_RAW, and settings that make no sense', async () => {
    plane.kubectl(['create', 'namespace', 'strict']);
    plane.kubectl(['label', 'namespace', 'strict', 'pod-security.kubernetes.io/enforce=baseline']);
    const settings = ['flowtap.dev/capture=enabled', 'flowtap.dev/probe-window=long'];
    plane.kubectl(['annotate', 'namespace', 'strict', ...settings]);
    const { code, lines } = await check('--only', 'namespaces', '--namespace', 'strict');
    expect(code).toBe(1);
    expect(lines).toEqual([
      'ok namespaces: 1 ask for probes: strict',
      'fail namespaces: strict: enforces baseline, which refuses NET_RAW, so no pod gets a probe',
      expect.stringMatching(/^warn namespaces: strict: flowtap\.dev\/probe-window must be a duration/),
    ]);
  });

  test('an account that may nothing: that is said, and is no failure of the cluster', async () => {
    const token = plane.kubectl(['-n', 'shop', 'create', 'token', 'default']).trim();
    const base = plane.kubectl(['config', 'view', '--raw', '--minify', '-o', 'json']);
    const config = JSON.parse(base);
    config.users[0].user = { token };
    const path = join(plane.folder, 'nobody.kubeconfig');
    writeFileSync(path, JSON.stringify(config));
    const { code, lines } = await check('--namespace', 'shop', '--kubeconfig', path);
    expect(code).toBe(0);
    expect(lines).toEqual([
      expect.stringMatching(/^ok api: /),
      'warn webhook: Could not look at the MutatingWebhookConfiguration flowtap-webhook: this account may not.',
      'warn injection: Could not try whether a pod would get the probe: this account may not.',
      expect.stringMatching(/^warn namespaces: Could not look at namespaces: /),
    ]);
  });
});
