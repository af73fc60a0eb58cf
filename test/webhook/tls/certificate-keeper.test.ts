import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { FlowtapError } from '../../../services/runtime/errors.ts';
import type { Logger } from '../../../services/runtime/logger.ts';
import { MetricRegistry } from '../../../services/runtime/metrics.ts';
import { CertificateKeeper } from '../../../services/webhook/tls/certificate-keeper.ts';
import { findIssuer, readCertificates } from '../../../services/webhook/tls/certificates.ts';
import { readLeaf, serviceNames } from '../../../services/webhook/tls/leaf-secret.ts';
import type { TlsLifetimes } from '../../../services/webhook/tls/tls-lifetimes.ts';
import { DEFAULT_LIFETIMES } from '../../../services/webhook/tls/tls-lifetimes.ts';
import { TLS_METRICS } from '../../../services/webhook/tls/tls-metrics.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';
import type { Intervention } from './memory-cluster.ts';
import { MemoryCluster } from './memory-cluster.ts';

const DAY_MS = 86_400_000;
const SECRETS = '/api/v1/namespaces/flowtap/secrets';
const AUTHORITY = `${SECRETS}/flowtap-authority`;
const WEBHOOK = `${SECRETS}/flowtap-webhook-tls`;
const ENRICHMENT = `${SECRETS}/flowtap-enrichment-tls`;
const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/flowtap';
const OURS = { 'app.kubernetes.io/name': 'flowtap' };

const OBJECTS = {
  configurationName: 'flowtap',
  webhookNames: ['pods.flowtap.dev'],
  authoritySecretName: 'flowtap-authority',
  leaves: ['webhook', 'enrichment'].map((service) => ({
    secretName: `flowtap-${service}-tls`,
    names: serviceNames(`flowtap-${service}`, 'flowtap'),
  })),
};

let cluster: MemoryCluster;
let metrics: MetricRegistry;
const warnings: unknown[] = [];

beforeEach(() => {
  cluster = new MemoryCluster('flowtap');
  cluster.put(CONFIGURATION, configuration());
  warnings.length = 0;
});

function configuration(labels: object = OURS) {
  return {
    metadata: { labels },
    webhooks: [
      { name: 'other.example.org', clientConfig: { caBundle: base64('not ours') } },
      { name: 'pods.flowtap.dev', clientConfig: { url: 'https://127.0.0.1' } },
    ],
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const caBundle = (index = 1): string =>
  Buffer.from(cluster.get(CONFIGURATION).webhooks[index].clientConfig.caBundle ?? '', 'base64').toString();

const START_MS = Date.UTC(2030, 0);
const HOUR_MS = 3_600_000;

interface Leadership {
  readonly forMs: number;
  readonly startMs?: number;
  readonly lifetimes?: TlsLifetimes;
  readonly log?: Logger;
  /** Called whenever the keeper waits. */
  readonly onWait?: (nowMs: number) => void;
}

/** Leads for so long, by a clock that waits do not stop; gives the time then. */
async function keep({ forMs, startMs = START_MS, lifetimes, log, onWait }: Leadership): Promise<number> {
  const stopping = new AbortController();
  const clock = new (class extends ManualClock {
    override sleep(ms: number): Promise<void> {
      onWait?.(this.now());
      if (this.now() > startMs + forMs) stopping.abort();
      return super.sleep(ms);
    }
  })(startMs);
  metrics = new MetricRegistry();
  const keeper = new CertificateKeeper({
    ...{ api: cluster, clock, log: log ?? noteWarnings(), namespace: 'flowtap', objects: OBJECTS },
    lifetimes: lifetimes ?? DEFAULT_LIFETIMES,
    metrics: metrics.define(TLS_METRICS),
    resyncMs: 4 * DAY_MS,
  });
  await keeper.run(stopping.signal);
  return clock.now();
}

function noteWarnings(): Logger {
  const log = quietLogger();
  log.warn = (fields: unknown) => void warnings.push(fields);
  return log;
}

/** The names of those of the authorities that signed the certificates, and what is wrong with these. */
function issuersOf(paths: readonly string[], nowMs: number): readonly (string | undefined)[] {
  return paths.map((path) => {
    const { certificate, bundlePem } = readLeaf(cluster.get(path));
    if (certificate === undefined || certificate.validToDate.getTime() <= nowMs) return undefined;
    expect(bundlePem).toBe(caBundle());
    return findIssuer(certificate, readCertificates(caBundle()))?.subject;
  });
}

const failures = (cause: string): Promise<number> =>
  metrics.value('flowtap_webhook_certificate_failures_total', { cause });

test('an empty namespace gets an authority, certificates, and the caBundle of its own webhook only', async () => {
  const nowMs = await keep({ forMs: DAY_MS });
  const [issuer] = issuersOf([WEBHOOK], nowMs);
  expect(issuer).toMatch(/^CN=flowtap authority [0-9a-f]{8}$/);
  expect(issuersOf([WEBHOOK, ENRICHMENT], nowMs)).toEqual([issuer, issuer]);
  expect(caBundle(0)).toBe('not ours');
  expect(cluster.get(WEBHOOK)).toMatchObject({ type: 'kubernetes.io/tls', metadata: { labels: OURS } });
  expect(new X509Certificate(readLeaf(cluster.get(ENRICHMENT)).pair.certPem).subjectAltName).toBe(
    'DNS:flowtap-enrichment.flowtap.svc, DNS:flowtap-enrichment.flowtap.svc.cluster.local',
  );
  // The authority, the time since when it is trusted, and nothing twice.
  expect(
    cluster.writes.filter((write) => write.endsWith('authority') || write.startsWith('POST')),
  ).toHaveLength(4);
  expect(await metrics.value('flowtap_webhook_certificates_issued_total', { reason: 'missing' })).toBe(2);
});

test('in five years two authorities follow the first, and nobody is ever without a certificate that is trusted', async () => {
  const issuers = new Set<string | undefined>();
  let bundled = 0;
  const onWait = (nowMs: number): void => {
    if (nowMs < START_MS + DAY_MS) return;
    for (const issuer of issuersOf([WEBHOOK, ENRICHMENT], nowMs)) issuers.add(issuer);
    bundled = Math.max(bundled, readCertificates(caBundle()).length);
  };
  const lifetimes = { ...DEFAULT_LIFETIMES, authorityMs: 2 * 365 * DAY_MS };
  await keep({ forMs: 5 * 365 * DAY_MS, lifetimes, onWait });
  expect(issuers.size).toBe(3);
  expect(issuers).not.toContain(undefined);
  expect(bundled).toBe(2);
  expect(await metrics.value('flowtap_webhook_authority_changes_total', { kind: 'dropped' })).toBe(2);
  expect(await metrics.value('flowtap_webhook_certificate_failures_total')).toBe(0);
});

describe('what others did is mended:', () => {
  const LATER_MS = START_MS + 6 * DAY_MS;
  const before = { bundle: '', issuer: '' as string | undefined };
  beforeEach(async () => {
    const nowMs = await keep({ forMs: DAY_MS });
    before.bundle = caBundle();
    before.issuer = issuersOf([WEBHOOK], nowMs)[0];
  });

  test.each<[string, () => void]>([
    ['the caBundle wiped', () => cluster.put(CONFIGURATION, configuration())],
    [
      'another caBundle',
      () => {
        const { webhooks } = configuration();
        webhooks[1].clientConfig.caBundle = base64('another');
        cluster.put(CONFIGURATION, { ...configuration(), webhooks });
      },
    ],
    [
      'the webhooks in another order',
      () => {
        const { webhooks } = configuration();
        cluster.put(CONFIGURATION, { ...configuration(), webhooks: webhooks.reverse() });
      },
    ],
    ['a certificate deleted', () => cluster.delete(WEBHOOK)],
    [
      'a certificate damaged',
      () => cluster.put(WEBHOOK, { ...cluster.get(WEBHOOK), data: { 'tls.crt': base64('?') } }),
    ],
  ])('%s', async (_what, spoil) => {
    spoil();
    await keep({ forMs: HOUR_MS, startMs: LATER_MS });
    const { webhooks } = cluster.get(CONFIGURATION);
    const ours = webhooks.find(({ name }: { name: string }) => name === 'pods.flowtap.dev');
    expect(ours.clientConfig.caBundle).toBe(base64(before.bundle));
    expect(
      findIssuer(readLeaf(cluster.get(WEBHOOK)).certificate!, readCertificates(before.bundle))?.subject,
    ).toBe(before.issuer);
  });

  test.each<[string, () => void]>([
    ['deleted', () => cluster.delete(AUTHORITY)],
    [
      'damaged',
      () => cluster.put(AUTHORITY, { ...cluster.get(AUTHORITY), data: { 'authorities.json': base64('[{') } }),
    ],
  ])(
    'authorities %s: the new one is trusted beside the old, whose certificates stay until they are due',
    async (_how, spoil) => {
      spoil();
      let nowMs = await keep({ forMs: HOUR_MS, startMs: LATER_MS });
      expect(readCertificates(caBundle())).toHaveLength(2);
      expect(caBundle()).toContain(before.bundle);
      expect(issuersOf([WEBHOOK], nowMs)).toEqual([before.issuer]);
      nowMs = await keep({ forMs: 40 * DAY_MS, startMs: nowMs });
      expect(issuersOf([WEBHOOK, ENRICHMENT], nowMs)).not.toContain(before.issuer);
      await keep({ forMs: 40 * DAY_MS, startMs: nowMs });
      expect(readCertificates(caBundle())).toHaveLength(1);
    },
  );
});

describe('the API server', () => {
  const once = (method: string, path: string, instead: ReturnType<Intervention>): Intervention => {
    let isDone = false;
    return (askedMethod, askedPath) => {
      if (isDone || askedMethod !== method || askedPath !== path) return undefined;
      isDone = true;
      return instead;
    };
  };
  const unreachable = new FlowtapError('KUBERNETES_UNREACHABLE', 'kubernetes', 'no answer');

  test.each<[string, Intervention, string]>([
    ['says that somebody else made the Secret', once('POST', SECRETS, { status: 409 }), 'conflict'],
    ['says that somebody else wrote the Secret', once('PUT', AUTHORITY, { status: 409 }), 'conflict'],
    ['says that the Secret to be written is gone', once('PUT', AUTHORITY, { status: 404 }), 'conflict'],
    [
      'says that somebody else wrote the configuration',
      once('PATCH', CONFIGURATION, { status: 409 }),
      'conflict',
    ],
    ['forbids to write the configuration', once('PATCH', CONFIGURATION, { status: 403 }), 'refused'],
    ['forbids to read a Secret', once('GET', WEBHOOK, { status: 403 }), 'refused'],
    ['does not answer', once('GET', CONFIGURATION, unreachable), 'unreachable'],
  ])('%s: it is tried again', async (_what, intervention, cause) => {
    cluster.intervene = intervention;
    const nowMs = await keep({ forMs: DAY_MS });
    expect(issuersOf([WEBHOOK, ENRICHMENT], nowMs)).not.toContain(undefined);
    expect(await failures(cause)).toBe(1);
    expect(await metrics.value('flowtap_webhook_certificate_failures_total')).toBe(1);
  });

  test('forbids one thing for ever: everything else goes on', async () => {
    cluster.intervene = (method, path) =>
      path === CONFIGURATION && method === 'PATCH'
        ? { status: 403, body: { message: 'cannot patch' } }
        : undefined;
    await keep({ forMs: HOUR_MS });
    expect(readLeaf(cluster.get(ENRICHMENT)).certificate).toBeDefined();
    expect(await failures('refused')).toBeGreaterThan(5);
    expect(warnings).toContainEqual({
      error: expect.objectContaining({
        code: 'KUBERNETES_REFUSED',
        message: expect.stringContaining(
          'Give the service account the verb patch on mutatingwebhookconfigurations.',
        ),
      }),
    });
  });
});

describe('what is not ours is left alone:', () => {
  test('a configuration', async () => {
    cluster.put(CONFIGURATION, configuration({}));
    await keep({ forMs: HOUR_MS });
    expect(caBundle()).toBe('');
    expect(await failures('configuration')).toBeGreaterThan(0);
    expect(warnings).toEqual([
      { problem: 'the MutatingWebhookConfiguration flowtap lacks the label app.kubernetes.io/name: flowtap' },
    ]);
  });

  test.each([AUTHORITY, WEBHOOK])('the Secret %s', async (path) => {
    const theirs = { type: 'Opaque', data: { password: base64('theirs') } };
    cluster.put(path, { ...theirs, metadata: {} });
    await keep({ forMs: HOUR_MS });
    expect(cluster.get(path)).toMatchObject(theirs);
    expect(await failures('not_owned')).toBeGreaterThan(0);
    expect(readLeaf(cluster.get(ENRICHMENT)).certificate === undefined).toBe(path === AUTHORITY);
  });
});

test('no key is in what is logged', async () => {
  const lines: unknown[] = [];
  const log = quietLogger();
  for (const level of ['debug', 'info', 'warn', 'error'] as const)
    log[level] = (...said: unknown[]) => void lines.push(said);
  cluster.intervene = (method) =>
    method === 'PUT' ? { status: 422, body: { message: 'invalid' } } : undefined;
  await keep({ forMs: HOUR_MS, log });
  expect(lines.length).toBeGreaterThan(5);
  expect(JSON.stringify(lines)).not.toMatch(/PRIVATE KEY|BEGIN|UFJJVkFURS/);
});
