import type { Clock } from '../../runtime/clock.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import type { KubernetesConnection } from '../../runtime/kubernetes/connect.ts';
import type { ObjectSource } from '../../runtime/kubernetes/object-source.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { MetricRegistry } from '../../runtime/metrics.ts';
import { serviceNames } from '../../webhook/tls/leaf-secret.ts';
import { ProvidedCertificates } from '../../webhook/tls/provided-certificates.ts';
import { TLS_METRICS } from '../../webhook/tls/tls-metrics.ts';
import type { WebhookCertificates } from '../../webhook/tls/webhook-certificates.ts';
import { WebhookTls } from '../../webhook/tls/webhook-tls.ts';
import type { WebhookConfig } from '../commands/webhook.ts';

const DAY_MS = 86_400_000;

export interface CertificatesContext {
  readonly kubernetes: KubernetesConnection;
  readonly source: ObjectSource;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: MetricRegistry;
  readonly namespace: string;
  /** Of this instance, unlike any other. */
  readonly identity: string;
}

/** Certificates as --tls-mode says. Throws a FlowtapError CONFIG_INVALID. */
export function openCertificates(config: WebhookConfig, context: CertificatesContext): WebhookCertificates {
  const { kubernetes, source, clock, log, namespace, identity } = context;
  const metrics = context.metrics.define(TLS_METRICS);
  if (config.tlsMode === 'provided') {
    const { tlsCertFile: certFile, tlsKeyFile: keyFile, probeCaFile: caFile } = config;
    if (certFile === undefined || keyFile === undefined) {
      const message =
        '--tls-mode provided needs --tls-cert-file (FLOWTAP_TLS_CERT_FILE) and --tls-key-file (FLOWTAP_TLS_KEY_FILE).';
      throw new FlowtapError('CONFIG_INVALID', 'config', message);
    }
    return new ProvidedCertificates({ certFile, keyFile, caFile, clock, log, metrics });
  }
  return new WebhookTls({
    ...{ api: kubernetes.api, source, clock, log, metrics, namespace, identity },
    configurationName: config.webhookConfiguration,
    webhookNames: config.webhookNames,
    authoritySecretName: config.authoritySecret,
    leaves: [
      { secretName: config.webhookSecret, names: serviceNames(config.webhookService, namespace) },
      { secretName: config.enrichmentSecret, names: serviceNames(config.enrichmentService, namespace) },
    ],
    servedSecretName: config.webhookSecret,
    leaseName: config.leaseName,
    lifetimes: {
      authorityMs: config.authorityDays * DAY_MS,
      leafMs: config.certificateMs,
      overlapMs: config.authorityOverlapMs,
    },
  });
}
