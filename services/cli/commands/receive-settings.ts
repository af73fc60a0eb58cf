import { byteSize, duration, flag, integer, text } from '../../runtime/config-values.ts';
import { listenAddress } from '../../runtime/listen-address.ts';

/** What comes in to `flowtap enrichment`, and from whom. */
export const RECEIVE_SETTINGS = {
  listen: {
    flag: '--listen <address>',
    env: 'FLOWTAP_LISTEN',
    parse: listenAddress(),
    default: ':8080',
    doc: 'where POST /v1/flows is served',
  },
  tlsCertFile: {
    flag: '--tls-cert-file <path>',
    env: 'FLOWTAP_TLS_CERT_FILE',
    parse: text(),
    doc: "the server's certificates in PEM form, read again when they change; without it plain HTTP is spoken",
  },
  tlsKeyFile: {
    flag: '--tls-key-file <path>',
    env: 'FLOWTAP_TLS_KEY_FILE',
    parse: text(),
    doc: 'the key of --tls-cert-file',
  },
  tlsClientCaFile: {
    flag: '--tls-client-ca-file <path>',
    env: 'FLOWTAP_TLS_CLIENT_CA_FILE',
    parse: text(),
    doc: 'senders must show a certificate of this authority; its common name is the sender, unless a token says who it is',
  },
  tokenReview: {
    flag: '--token-review',
    env: 'FLOWTAP_TOKEN_REVIEW',
    parse: flag(),
    default: 'false',
    doc: "take tokens of the cluster's service accounts; a token made for a pod says which pod sends",
  },
  tokenAudience: {
    flag: '--token-audience <name>',
    env: 'FLOWTAP_TOKEN_AUDIENCE',
    parse: text(),
    default: 'flowtap',
    doc: 'whom the tokens of --token-review must be made for',
  },
  tokenMaxAgeMs: {
    flag: '--token-max-age <duration>',
    env: 'FLOWTAP_TOKEN_MAX_AGE',
    parse: duration(1000),
    default: '5m',
    doc: 'how long what the cluster said of a token counts, at most until the token expires',
  },
  sharedTokensFile: {
    flag: '--shared-tokens-file <path>',
    env: 'FLOWTAP_SHARED_TOKENS_FILE',
    parse: text(),
    doc: 'take the tokens in this file, of lines name:token, from senders outside of the cluster; read again when it changes',
  },
  allowAnonymous: {
    flag: '--allow-anonymous',
    env: 'FLOWTAP_ALLOW_ANONYMOUS',
    parse: flag(),
    default: 'false',
    doc: 'take flows from anybody, and believe what they say of themselves; for trials',
  },
  maxBodyBytes: {
    flag: '--max-body <size>',
    env: 'FLOWTAP_MAX_BODY',
    parse: byteSize(64 * 1024),
    default: '16MiB',
    doc: 'most bytes of a request, before and after decompression',
  },
  maxLines: {
    flag: '--max-lines <count>',
    env: 'FLOWTAP_MAX_LINES',
    parse: integer(1, 1_000_000),
    default: '20000',
    doc: 'most events of a request',
  },
  maxLineBytes: {
    flag: '--max-line <size>',
    env: 'FLOWTAP_MAX_LINE',
    parse: byteSize(1024),
    default: '64KiB',
    doc: 'most bytes of an event',
  },
  maxInFlightBytes: {
    flag: '--max-in-flight-bytes <size>',
    env: 'FLOWTAP_MAX_IN_FLIGHT_BYTES',
    parse: byteSize(64 * 1024),
    default: '128MiB',
    doc: 'bytes of events that the index does not have yet; memory is a few times that, and beyond it senders are told to wait',
  },
  maxConnections: {
    flag: '--max-connections <count>',
    env: 'FLOWTAP_MAX_CONNECTIONS',
    parse: integer(1, 1_000_000),
    default: '10000',
    doc: 'connections at once; each probe keeps one',
  },
  maxEventsPerSecond: {
    flag: '--max-events-per-second <count>',
    env: 'FLOWTAP_MAX_EVENTS_PER_SECOND',
    parse: integer(1, 1_000_000),
    doc: 'events a second that one sender may send over ten seconds (no limit)',
  },
  requestTimeoutMs: {
    flag: '--request-timeout <duration>',
    env: 'FLOWTAP_REQUEST_TIMEOUT',
    parse: duration(100),
    default: '30s',
    doc: 'how long a sender may take to send a request',
  },
} as const;
