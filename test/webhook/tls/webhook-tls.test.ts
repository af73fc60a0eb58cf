import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../services/runtime/clock.ts';
import { MetricRegistry } from '../../../services/runtime/metrics.ts';
import { readCertificates } from '../../../services/webhook/tls/certificates.ts';
import { DEFAULT_LIFETIMES } from '../../../services/webhook/tls/tls-lifetimes.ts';
import { TLS_METRICS } from '../../../services/webhook/tls/tls-metrics.ts';
import type { WebhookTlsOptions } from '../../../services/webhook/tls/webhook-tls.ts';
import { WebhookTls } from '../../../services/webhook/tls/webhook-tls.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';
import { until } from '../../support/until.ts';
import { MemoryCluster } from './memory-cluster.ts';

const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/flowtap';
const SECRET = '/api/v1/namespaces/flowtap/secrets/flowtap-webhook-tls';
const OURS = { metadata: { labels: { 'app.kubernetes.io/name': 'flowtap' } } };
const BARE = { ...OURS, webhooks: [{ name: 'pods.flowtap.dev', clientConfig: {} }] };

let cluster: MemoryCluster;
beforeEach(() => {
  cluster = new MemoryCluster('flowtap');
});

function replica(over: Partial<WebhookTlsOptions> = {}) {
  const metrics = new MetricRegistry();
  const tls = new WebhookTls({
    ...{ api: cluster, source: cluster.source, clock: systemClock, log: quietLogger() },
    metrics: metrics.define(TLS_METRICS),
    ...{ namespace: 'flowtap', identity: 'one', leaseName: 'flowtap-webhook', leaseMs: 100 },
    ...{ configurationName: 'flowtap', webhookNames: ['pods.flowtap.dev'] },
    ...{ authoritySecretName: 'flowtap-authority', servedSecretName: 'flowtap-webhook-tls' },
    leaves: [{ secretName: 'flowtap-webhook-tls', names: ['flowtap-webhook.flowtap.svc'] }],
    lifetimes: DEFAULT_LIFETIMES,
    ...over,
  });
  return { tls, metrics };
}

function run(tls: WebhookTls): AbortController {
  const stopping = new AbortController();
  const running = tls.run(stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await running;
  });
  return stopping;
}

test('a server is ready when it has a certificate whose authority is in the caBundle', async () => {
  const { tls, metrics } = replica();
  expect(tls.readiness()).toBe('no certificate in the Secret flowtap/flowtap-webhook-tls yet');
  run(tls);
  await until(() => tls.current !== undefined);
  expect(tls.readiness()).toBe('the MutatingWebhookConfiguration flowtap does not exist');
  cluster.put(CONFIGURATION, { ...BARE, metadata: {} });
  await until(() => tls.readiness()?.includes('lacks the label app.kubernetes.io/name: flowtap') ?? false);
  cluster.put(CONFIGURATION, { ...OURS, webhooks: [{ name: 'other' }] });
  await until(() => tls.readiness()?.includes('has no webhook pods.flowtap.dev') ?? false);
  cluster.put(CONFIGURATION, BARE);
  await until(() => tls.readiness() === undefined);
  const [certificate] = readCertificates(tls.current?.certPem ?? '');
  expect(await metrics.value('flowtap_webhook_certificate_expiry_timestamp_seconds')).toBe(
    certificate.validToDate.getTime() / 1000,
  );
});

test('a caBundle that is taken away later makes no server unready', async () => {
  cluster.put(CONFIGURATION, BARE);
  const { tls } = replica();
  run(tls);
  await until(() => tls.readiness() === undefined);
  cluster.intervene = (method) => (method === 'PATCH' ? { status: 403 } : undefined);
  const former = cluster.writes.length;
  cluster.put(CONFIGURATION, BARE);
  await until(() => cluster.writes.length > former);
  expect(tls.readiness()).toBeUndefined();
});

test('while the API server does not take the caBundle, no server is ready', async () => {
  cluster.put(CONFIGURATION, BARE);
  cluster.intervene = (method) => (method === 'PATCH' ? { status: 403 } : undefined);
  const { tls } = replica();
  run(tls);
  await until(() => cluster.writes.filter((write) => write.startsWith('PATCH')).length > 2);
  expect(tls.readiness()).toBe("the caBundle of flowtap does not hold the certificate's authority yet");
});

test('a certificate that has ended makes its server unready', async () => {
  let lateMs = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + lateMs };
  cluster.put(CONFIGURATION, BARE);
  const { tls } = replica({ clock });
  const stopping = run(tls);
  await until(() => tls.readiness() === undefined);
  stopping.abort();
  lateMs = DEFAULT_LIFETIMES.leafMs + 1000;
  expect(tls.readiness()).toMatch(/^the certificate ended at \d{4}-/);
});

test('all replicas show what one of them made, and take a new one when it is there', async () => {
  cluster.put(CONFIGURATION, BARE);
  const replicas = ['one', 'two', 'three'].map((identity) => replica({ identity }));
  const changes: string[] = [];
  for (const [index, { tls }] of replicas.entries()) tls.onChange(() => changes.push(`${index}`));
  for (const { tls } of replicas) run(tls);
  await until(() => replicas.every(({ tls }) => tls.readiness() === undefined));
  const shown = (): Set<string | undefined> => new Set(replicas.map(({ tls }) => tls.current?.certPem));
  const [former] = shown();
  expect(shown().size).toBe(1);
  expect(new Set(replicas.map(({ tls }) => tls.bundlePem))).toEqual(
    new Set([Buffer.from(cluster.get(SECRET).data['ca.crt'], 'base64').toString()]),
  );
  expect(new Set(changes)).toEqual(new Set(['0', '1', '2']));
  cluster.delete(SECRET);
  await until(() => shown().size === 1 && !shown().has(former));
  const leaders = await Promise.all(
    replicas.map(({ metrics }) => metrics.value('flowtap_webhook_certificate_leader')),
  );
  expect(leaders.sort()).toEqual([0, 0, 1]);
});

test('lifetimes that do not fit together are refused', () => {
  const lifetimes = { ...DEFAULT_LIFETIMES, authorityMs: 4 * DEFAULT_LIFETIMES.overlapMs - 1 };
  expect(() => replica({ lifetimes })).toThrow(/must last at least 4 times as long as two of them overlap/);
});
