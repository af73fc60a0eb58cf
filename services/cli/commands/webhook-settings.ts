import { duration, integer, list, oneOf, text } from '../../runtime/config-values.ts';
import { listenAddress } from '../../runtime/listen-address.ts';
import { INJECTION_SETTINGS } from './injection-settings.ts';
import { KUBERNETES_SETTINGS } from './kubernetes-settings.ts';
import { RECEIVE_SETTINGS } from './receive-settings.ts';
import { SERVICE_SETTINGS } from './service-settings.ts';

/** Of `flowtap webhook`. */
export const WEBHOOK_SETTINGS = {
  listen: {
    ...RECEIVE_SETTINGS.listen,
    parse: listenAddress(),
    default: ':10250',
    doc: 'where admissions are served; port 10250 is open from the API server also in private clusters',
  },
  trigger: {
    flag: '--trigger <kind>',
    env: 'FLOWTAP_TRIGGER',
    parse: oneOf('annotation', 'label'),
    default: 'annotation',
    doc: "what opts a namespace in: its annotation or label, or (label) its label only, as the webhook configuration's selector then has it",
  },
  sidecar: {
    flag: '--sidecar <kind>',
    env: 'FLOWTAP_SIDECAR',
    parse: oneOf('auto', 'native', 'plain'),
    default: 'auto',
    doc: 'native (an init container that runs on), plain (one more container), or auto: native where all nodes can by the version of the API server',
  },
  tlsMode: {
    flag: '--tls-mode <mode>',
    env: 'FLOWTAP_TLS_MODE',
    parse: oneOf('self', 'provided'),
    default: 'self',
    doc: 'self: an authority of its own, kept in Secrets; provided: --tls-cert-file and --tls-key-file, as cert-manager writes them',
  },
  tlsCertFile: {
    ...RECEIVE_SETTINGS.tlsCertFile,
    doc: "the server's certificates in PEM form, read again when they change",
  },
  tlsKeyFile: RECEIVE_SETTINGS.tlsKeyFile,
  namespace: {
    flag: '--namespace <name>',
    env: 'FLOWTAP_NAMESPACE',
    parse: text(),
    doc: "flowtap's own namespace, with its Secrets and Lease (the pod's, or the context's)",
  },
  webhookConfiguration: {
    flag: '--webhook-configuration <name>',
    env: 'FLOWTAP_WEBHOOK_CONFIGURATION',
    parse: text(),
    default: 'flowtap-webhook',
    doc: 'the MutatingWebhookConfiguration that gets the authority of --tls-mode self',
  },
  webhookNames: {
    flag: '--webhook-names <names>',
    env: 'FLOWTAP_WEBHOOK_NAMES',
    parse: list(text()),
    default: 'pods.webhook.flowtap.dev',
    doc: 'which webhooks of that configuration are this one',
  },
  webhookService: {
    flag: '--webhook-service <name>',
    env: 'FLOWTAP_WEBHOOK_SERVICE',
    parse: text(),
    default: 'flowtap-webhook',
    doc: 'the Service through which the API server calls: the name in the certificate',
  },
  enrichmentService: {
    flag: '--enrichment-service <name>',
    env: 'FLOWTAP_ENRICHMENT_SERVICE',
    parse: text(),
    default: 'flowtap-enrichment',
    doc: 'the Service of enrichment, which gets a certificate of the same authority',
  },
  webhookSecret: {
    flag: '--webhook-secret <name>',
    env: 'FLOWTAP_WEBHOOK_SECRET',
    parse: text(),
    default: 'flowtap-webhook-tls',
    doc: "Secret with the webhook's certificate",
  },
  enrichmentSecret: {
    flag: '--enrichment-secret <name>',
    env: 'FLOWTAP_ENRICHMENT_SECRET',
    parse: text(),
    default: 'flowtap-enrichment-tls',
    doc: "Secret with enrichment's certificate",
  },
  authoritySecret: {
    flag: '--authority-secret <name>',
    env: 'FLOWTAP_AUTHORITY_SECRET',
    parse: text(),
    default: 'flowtap-authority',
    doc: 'Secret with the authority that signs both',
  },
  leaseName: {
    flag: '--lease-name <name>',
    env: 'FLOWTAP_LEASE_NAME',
    parse: text(),
    default: 'flowtap-webhook',
    doc: 'name of the Lease by which one webhook issues certificates, and with -reconciler of that by which one looks for pods without a probe',
  },
  certificateMs: {
    flag: '--certificate-lifetime <duration>',
    env: 'FLOWTAP_CERTIFICATE_LIFETIME',
    parse: duration(60_000),
    default: '480h',
    doc: 'how long certificates are good, renewed after two thirds of it',
  },
  authorityDays: {
    flag: '--authority-lifetime-days <count>',
    env: 'FLOWTAP_AUTHORITY_LIFETIME_DAYS',
    parse: integer(1, 36_500),
    default: '3650',
    doc: 'how long the authority is good; probes keep the one of their start',
  },
  authorityOverlapMs: {
    flag: '--authority-overlap <duration>',
    env: 'FLOWTAP_AUTHORITY_OVERLAP',
    parse: duration(60_000),
    default: '480h',
    doc: 'how long an old authority is trusted beside its successor: longer than pods live, or their probes must start again',
  },
  reconcileIntervalMs: {
    flag: '--reconcile-interval <duration>',
    env: 'FLOWTAP_RECONCILE_INTERVAL',
    parse: duration(),
    default: '5m',
    doc: 'how often to look for pods that should have a probe and have none; 0 is never',
  },
  shutdownGraceMs: {
    flag: '--shutdown-grace <duration>',
    env: 'FLOWTAP_SHUTDOWN_GRACE',
    parse: duration(),
    default: '10s',
    doc: 'how long requests that have begun may take when the webhook ends',
  },
  ...INJECTION_SETTINGS,
  ...KUBERNETES_SETTINGS,
  ...SERVICE_SETTINGS,
} as const;
