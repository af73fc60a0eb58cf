import type { MetricTable } from '../../runtime/metrics.ts';

/** Metrics of the certificates that flowtap makes itself, or is given. */
export const TLS_METRICS = {
  certificateExpiry: {
    kind: 'gauge',
    name: 'flowtap_webhook_certificate_expiry_timestamp_seconds',
    help: 'When the certificate that is served ends, in seconds since 1970; 0 while there is none.',
  },
  authorityExpiry: {
    kind: 'gauge',
    name: 'flowtap_webhook_authority_expiry_timestamp_seconds',
    help: 'When the newest authority ends, in seconds since 1970; 0 where this process does not make certificates now.',
  },
  leader: {
    kind: 'gauge',
    name: 'flowtap_webhook_certificate_leader',
    help: '1 while this process makes the certificates, 0 while it stands by.',
  },
  issued: {
    kind: 'counter',
    name: 'flowtap_webhook_certificates_issued_total',
    help: 'Certificates made for servers, by reason: missing, unusable (expired, or of an unknown authority), names, due, authority (of a newer one).',
    labels: ['reason'],
  },
  authorityChanges: {
    kind: 'counter',
    name: 'flowtap_webhook_authority_changes_total',
    help: 'Changes of the list of authorities, by kind: created, trusted, unused, used (again), dropped.',
    labels: ['kind'],
  },
  caBundlePatches: {
    kind: 'counter',
    name: 'flowtap_webhook_ca_bundle_patches_total',
    help: 'How often the caBundle was written into the MutatingWebhookConfiguration.',
  },
  reloads: {
    kind: 'counter',
    name: 'flowtap_webhook_certificate_reloads_total',
    help: 'Certificates taken into use by this process.',
  },
  failures: {
    kind: 'counter',
    name: 'flowtap_webhook_certificate_failures_total',
    help: 'What could not be done for certificates, and is tried again, by cause: conflict (somebody else wrote), refused or unreachable (the API server), not_owned, configuration (the MutatingWebhookConfiguration has no place for a caBundle), files, other.',
    labels: ['cause'],
  },
} as const satisfies MetricTable;
