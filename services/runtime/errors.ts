/**
 * Every code a FlowtapError can carry, with what it means to the user. A code is never reused for something
 * else. docs/errors.md lists exactly these; test/runtime/errors.test.ts compares both.
 */
export const ERROR_CODES = {
  CONFIG_INVALID: 'An option or environment variable has a value that cannot be used.',
  CAPTURE_UNSUPPORTED: 'This kind of capture does not exist on this system.',
  NET_RAW_MISSING: 'The process lacks the capability NET_RAW, without which nothing can be captured.',
  SYSTEM_CALL_FAILED: 'The kernel refused a call that capturing needs.',
  LIBPCAP_MISSING: 'libpcap, which --filter needs, is not on this machine.',
  LIBPCAP_FAILED: 'libpcap could not capture on an interface.',
  FILTER_INVALID: 'The --filter expression is not one that libpcap understands.',
  CAP_UNAVAILABLE: 'The optional package cap, which --capture-with libpcap needs, is not installed.',
  OUTPUT_FAILED: 'Records could not be written where --output says.',
  LISTEN_FAILED: 'A server could not listen on the address that it was given.',
  TLS_FILES_INVALID: "A server's certificate, its key or its clients' authority cannot be used.",
  KUBERNETES_CONFIG_INVALID: 'It is not known how to reach the Kubernetes API server.',
  KUBERNETES_UNREACHABLE: 'The Kubernetes API server did not answer.',
  KUBERNETES_REFUSED: 'The Kubernetes API server answered that it will not do what was asked.',
  OBJECT_NOT_OWNED: 'An object of the cluster that flowtap would have to change is not one of its own.',
  POSTGRES_UNAVAILABLE: 'The state store, PostgreSQL, could not be reached, or ended the connection.',
  POSTGRES_FAILED: 'PostgreSQL refused a statement.',
  MIGRATION_FAILED: "The state store's tables are not those of this version, and could not be made so.",
  CACHE_UNAVAILABLE: 'No memcached server answered.',
  ELASTICSEARCH_UNAVAILABLE: 'Elasticsearch could not be reached, or cannot do it now.',
  ELASTICSEARCH_REFUSED: 'Elasticsearch does not accept the credentials, or they allow too little.',
  ELASTICSEARCH_UNSUPPORTED: 'This is no Elasticsearch, or one of a version that flowtap cannot use.',
  ELASTICSEARCH_FAILED: 'Elasticsearch refused a request.',
  TEMPLATES_INVALID: 'The templates for Elasticsearch are missing from this installation, or damaged.',
  NET_ADMIN_MISSING:
    'The process lacks the capability NET_ADMIN, without which the connection table cannot be read.',
  CONNTRACK_UNAVAILABLE: 'The connection table of the kernel (conntrack) cannot be had on this system.',
  NETLINK_FAILED: 'The kernel refused or broke off an exchange of netlink messages.',
  NOT_THE_WRITER: 'Another kubeagent has become the one that writes the state store.',
  MANIFEST_INVALID: 'A manifest cannot be read, or its pod is not one that Kubernetes would take.',
  FORCED_STOP: 'A second signal came while the program was closing; what was still open was abandoned.',
  CLOSE_FAILED: 'Something could not be closed cleanly while the program was stopping.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * An error that reaches the user. `code` is stable and greppable, `stage` names the step of the pipeline that
 * failed (`config`, `capture`, `ship`, …), `message` says what was wrong and what to do, `cause` is what was caught.
 */
export class FlowtapError extends Error {
  readonly code: ErrorCode;
  readonly stage: string;

  constructor(code: ErrorCode, stage: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'FlowtapError';
    this.code = code;
    this.stage = stage;
  }
}
