import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../services/runtime/clock.ts';
import { MetricRegistry } from '../../../services/runtime/metrics.ts';
import { ProvidedCertificates } from '../../../services/webhook/tls/provided-certificates.ts';
import { TLS_METRICS } from '../../../services/webhook/tls/tls-metrics.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';
import { makeCertificate } from '../../fixtures/server-certificate.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { until } from '../../support/until.ts';

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

const path = (name: string): string => join(folder.path, name);

test('certificates in files are there when the files are, and follow them', async () => {
  const [first, second] = ['first', 'second'].map((name) => makeCertificate(folder.path, name));
  const mounted = { certFile: path('tls.crt'), keyFile: path('tls.key'), caFile: path('ca.crt') };
  const mount = ({ certFile, keyFile }: typeof first): void => {
    copyFileSync(keyFile, mounted.keyFile);
    copyFileSync(certFile, mounted.caFile);
    copyFileSync(certFile, mounted.certFile);
  };
  const metrics = new MetricRegistry();
  const certificates = new ProvidedCertificates({
    ...mounted,
    ...{ clock: systemClock, log: quietLogger(), metrics: metrics.define(TLS_METRICS), intervalMs: 5 },
  });
  expect(certificates.readiness()).toBe('the certificate was not read yet');
  const stopping = new AbortController();
  const running = certificates.run(stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await running;
  });
  const shows = ({ certFile, keyFile }: typeof first): boolean =>
    certificates.current?.certPem === readFileSync(certFile, 'utf8') &&
    certificates.current.keyPem === readFileSync(keyFile, 'utf8');
  let changes = 0;
  certificates.onChange(() => changes++);
  expect(certificates.current).toBeUndefined();
  expect(certificates.readiness()).toMatch(/tls.crt cannot be read/);
  mount(first);
  await until(() => shows(first));
  expect(certificates.readiness()).toBeUndefined();
  expect(certificates.bundlePem).toBe(readFileSync(first.certFile, 'utf8'));
  expect(changes).toBeGreaterThan(0);
  writeFileSync(mounted.keyFile, 'no key');
  await until(
    async () => (await metrics.value('flowtap_webhook_certificate_failures_total', { cause: 'files' })) > 1,
  );
  expect(shows(first)).toBe(true);
  expect(certificates.readiness()).toBeUndefined();
  mount(second);
  await until(() => shows(second));
  expect(await metrics.value('flowtap_webhook_certificate_expiry_timestamp_seconds')).toBeGreaterThan(
    systemClock.now() / 1000,
  );
});
