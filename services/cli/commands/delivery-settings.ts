import type { ConfigOf } from '../../runtime/config.ts';
import { byteSize, duration, integer, list, reader, text } from '../../runtime/config-values.ts';

/** PEM as it stands in a file: encoded text between lines that say what it is. */
const certificates = reader('certificates as PEM text', (word) =>
  /^-----BEGIN CERTIFICATE-----\s[\s\S]+-----END CERTIFICATE-----$/.test(word) ? word : undefined,
);

/** How the probe delivers to a URL, and who it says it is. */
export const DELIVERY_SETTINGS = {
  tokenFile: {
    flag: '--token-file <path>',
    env: 'FLOWTAP_TOKEN_FILE',
    parse: text(),
    doc: 'file with the token for the receiver, read anew for each delivery',
  },
  caFile: {
    flag: '--ca-file <path>',
    env: 'FLOWTAP_CA_FILE',
    parse: text(),
    doc: "PEM file of the authority that signed the receiver's certificate (the public authorities)",
  },
  ca: {
    flag: '--ca <pem>',
    env: 'FLOWTAP_CA',
    parse: certificates,
    doc: 'what --ca-file would hold, as text, where no file can be mounted',
    secret: true,
  },
  clientCertFile: {
    flag: '--client-cert-file <path>',
    env: 'FLOWTAP_CLIENT_CERT_FILE',
    parse: text(),
    doc: 'PEM file of a certificate to show to the receiver',
  },
  clientKeyFile: {
    flag: '--client-key-file <path>',
    env: 'FLOWTAP_CLIENT_KEY_FILE',
    parse: text(),
    doc: 'PEM file of its key',
  },
  batchBytes: {
    flag: '--batch-size <size>',
    env: 'FLOWTAP_BATCH_SIZE',
    parse: byteSize(16 * 1024),
    default: '1MiB',
    doc: 'most bytes of events in one delivery, before compression',
  },
  batchEvents: {
    flag: '--batch-events <count>',
    env: 'FLOWTAP_BATCH_EVENTS',
    parse: integer(1, 1_000_000),
    default: '2000',
    doc: 'most events in one delivery',
  },
  batchDelayMs: {
    flag: '--batch-delay <duration>',
    env: 'FLOWTAP_BATCH_DELAY',
    parse: duration(10),
    default: '1s',
    doc: 'how long an event may wait for others',
  },
  compressionLevel: {
    flag: '--compression-level <level>',
    env: 'FLOWTAP_COMPRESSION_LEVEL',
    parse: integer(0, 9),
    default: '1',
    doc: 'effort of gzip, from 0 (none) to 9',
  },
  maxInFlight: {
    flag: '--max-in-flight <count>',
    env: 'FLOWTAP_MAX_IN_FLIGHT',
    parse: integer(1, 16),
    default: '2',
    doc: 'deliveries under way at once',
  },
  deliveryTimeoutMs: {
    flag: '--delivery-timeout <duration>',
    env: 'FLOWTAP_DELIVERY_TIMEOUT',
    parse: duration(100),
    default: '30s',
    doc: 'how long the receiver may take for one delivery',
  },
  retryDelayMs: {
    flag: '--retry-delay <duration>',
    env: 'FLOWTAP_RETRY_DELAY',
    parse: duration(1),
    default: '500ms',
    doc: 'longest wait after a first failure; doubles with each further one',
  },
  maxRetryDelayMs: {
    flag: '--max-retry-delay <duration>',
    env: 'FLOWTAP_MAX_RETRY_DELAY',
    parse: duration(1),
    default: '30s',
    doc: 'longest wait after any failure',
  },
  maxRetryAfterMs: {
    flag: '--max-retry-after <duration>',
    env: 'FLOWTAP_MAX_RETRY_AFTER',
    parse: duration(1),
    default: '5m',
    doc: 'longest wait that the receiver may ask for (Retry-After)',
  },
  spool: {
    flag: '--spool <directory>',
    env: 'FLOWTAP_SPOOL',
    parse: text(),
    doc: 'folder for undelivered batches, which then outlive the probe (they wait in memory)',
  },
  maxSpoolBytes: {
    flag: '--max-spool <size>',
    env: 'FLOWTAP_MAX_SPOOL',
    parse: byteSize(256 * 1024),
    default: '256MiB',
    doc: 'most bytes of the spool; beyond, the oldest batches are dropped and counted',
  },
  shutdownGraceMs: {
    flag: '--shutdown-grace <duration>',
    env: 'FLOWTAP_SHUTDOWN_GRACE',
    parse: duration(),
    default: '2s',
    doc: 'how long to try at the end to deliver what is left',
  },
  heartbeatIntervalMs: {
    flag: '--heartbeat-interval <duration>',
    env: 'FLOWTAP_HEARTBEAT_INTERVAL',
    parse: duration(1000),
    default: '60s',
    doc: 'how often the counters are to become a document, also when there are no events',
  },
  podName: {
    flag: '--pod-name <name>',
    env: 'FLOWTAP_POD_NAME',
    parse: text(),
    doc: 'name of the pod that is captured',
  },
  podNamespace: {
    flag: '--pod-namespace <name>',
    env: 'FLOWTAP_POD_NAMESPACE',
    parse: text(),
    doc: 'namespace of the pod',
  },
  podUid: {
    flag: '--pod-uid <uid>',
    env: 'FLOWTAP_POD_UID',
    parse: text(),
    doc: 'uid of the pod',
  },
  podIps: {
    flag: '--pod-ips <addresses>',
    env: 'FLOWTAP_POD_IPS',
    parse: list(text()),
    doc: 'addresses of the pod',
  },
  nodeName: {
    flag: '--node-name <name>',
    env: 'FLOWTAP_NODE_NAME',
    parse: text(),
    doc: "name of the node, which becomes the records' host.name (the host's own name)",
  },
} as const;

export type DeliveryConfig = ConfigOf<typeof DELIVERY_SETTINGS>;
