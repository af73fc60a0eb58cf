import { errors } from '@elastic/elasticsearch';
import { FlowtapError } from '../errors.ts';

/** Node.js's and OpenSSL's words for a certificate that is not trusted. */
const CERTIFICATE =
  /CERT|certificate|SELF_SIGNED|ISSUER|UNABLE_TO_VERIFY|ALTNAME|altnames|hostname\/IP does not match/i;
/** One side speaks TLS and the other does not. */
const NOT_TLS = /wrong version number|packet length too long|EPROTO/i;
const MISSING_PRIVILEGE = /action \[([^\]]+)\] is unauthorized for (.+?), this action is granted by (.+)$/s;

/**
 * A failure of a request as ours, with what to do about it:
 * ELASTICSEARCH_UNAVAILABLE when waiting may help, ELASTICSEARCH_REFUSED when who we are is not enough,
 * ELASTICSEARCH_UNSUPPORTED when it is no Elasticsearch that flowtap can use, ELASTICSEARCH_FAILED for all else.
 *
 * @param what continues "could not": `install the index template flowtap-flow`
 */
export function elasticsearchFailure(thrown: unknown, what: string): FlowtapError {
  if (thrown instanceof FlowtapError) return thrown;
  if (thrown instanceof errors.ResponseError) return answered(thrown, what);
  if (thrown instanceof errors.ProductNotSupportedError) {
    return failure(
      'ELASTICSEARCH_UNSUPPORTED',
      `Could not ${what}: what answers at --elasticsearch does not say that it is Elasticsearch. Is it OpenSearch, or a proxy that takes away the header x-elastic-product?`,
      thrown,
    );
  }
  if (thrown instanceof errors.TimeoutError) {
    return failure(
      'ELASTICSEARCH_UNAVAILABLE',
      `Could not ${what}: no answer within --elasticsearch-timeout.`,
      thrown,
    );
  }
  if (thrown instanceof errors.ElasticsearchClientError) return unreached(thrown, what);
  return failure('ELASTICSEARCH_FAILED', `Could not ${what}: ${messageOf(thrown)}.`, thrown);
}

/** True where the server has no such endpoint: another edition, or without security. */
export function isUnknownEndpoint(thrown: unknown): boolean {
  if (!(thrown instanceof errors.ResponseError)) return false;
  const text = typeof thrown.body?.error === 'string' ? thrown.body.error : '';
  return (thrown.statusCode === 400 || thrown.statusCode === 405) && text.startsWith('no handler found');
}

export function isNotFound(thrown: unknown): boolean {
  return thrown instanceof errors.ResponseError && thrown.statusCode === 404;
}

function answered(thrown: errors.ResponseError, what: string): FlowtapError {
  const status = thrown.statusCode ?? 0;
  const reason = reasonOf(thrown);
  if (status === 401) {
    return failure(
      'ELASTICSEARCH_REFUSED',
      `Could not ${what}: Elasticsearch does not accept the credentials (401). Check --elasticsearch-api-key-file, or --elasticsearch-username and --elasticsearch-password-file.`,
      thrown,
    );
  }
  if (status === 403) return forbidden(thrown, what, reason);
  if (status === 429 || status === 502 || status === 503 || status === 504) {
    return failure('ELASTICSEARCH_UNAVAILABLE', `Could not ${what} now (${status}): ${reason}.`, thrown);
  }
  return failure('ELASTICSEARCH_FAILED', `Could not ${what} (${status}): ${reason}.`, thrown);
}

function forbidden(thrown: errors.ResponseError, what: string, reason: string): FlowtapError {
  const [, action, subject, privileges] = MISSING_PRIVILEGE.exec(reason) ?? [];
  const missing =
    action === undefined
      ? reason
      : `${subject} may not do ${action}; one of these would allow it: ${privileges.replace(/^the (?:cluster|index) privileges /, '')}`;
  return failure(
    'ELASTICSEARCH_REFUSED',
    `Could not ${what} (403): ${missing}. \`flowtap setup elasticsearch --print-roles\` shows the roles that flowtap needs.`,
    thrown,
  );
}

function unreached(thrown: errors.ElasticsearchClientError, what: string): FlowtapError {
  const reason = causeText(thrown);
  if (NOT_TLS.test(reason) && !CERTIFICATE.test(reason)) {
    return failure(
      'ELASTICSEARCH_UNAVAILABLE',
      `Could not ${what}: no TLS is spoken there (${reason}). Must the URL in --elasticsearch begin with http://?`,
      thrown,
    );
  }
  if (CERTIFICATE.test(reason)) {
    return failure(
      'ELASTICSEARCH_UNAVAILABLE',
      `Could not ${what}: the server's certificate is not trusted (${reason}). --elasticsearch-ca-file must hold the authority that signed it, and the URL one of the names in it.`,
      thrown,
    );
  }
  return failure(
    'ELASTICSEARCH_UNAVAILABLE',
    `Could not ${what}: Elasticsearch is not reached (${reason}). Check that it runs, and the URLs in --elasticsearch.`,
    thrown,
  );
}

/** The server's own words, the innermost that say something. */
function reasonOf(thrown: errors.ResponseError): string {
  const error: unknown = thrown.body?.error;
  if (typeof error === 'string') return error;
  const {
    reason,
    type,
    caused_by: cause,
  } = (error ?? {}) as {
    readonly reason?: string;
    readonly type?: string;
    readonly caused_by?: { readonly reason?: string };
  };
  const text = reason ?? type ?? thrown.message;
  const inner = cause?.reason === undefined || text.includes(cause.reason) ? '' : ` (${cause.reason})`;
  return `${text}${inner}`.replace(/\.$/, '');
}

function causeText(thrown: Error): string {
  const texts: string[] = [];
  for (
    let error: unknown = thrown;
    error instanceof Error && texts.length < 5;
    error = error.cause ?? rootOf(error)
  ) {
    const code =
      'code' in error && !error.message.includes(String(error.code)) ? `${String(error.code)} ` : '';
    if (error.message !== '') texts.push(`${code}${plain(error.message)}`);
  }
  return [...new Set(texts)].join(': ');
}

/** OpenSSL's texts have their numbers around the words, and end with the line of a source. */
function plain(message: string): string {
  const [, words] = /^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(message) ?? [];
  return (words ?? message).replace(/\s+/g, ' ').trim();
}

/** The client keeps what was caught in its options. */
function rootOf(error: Error): unknown {
  return error instanceof errors.ElasticsearchClientError ? error.options?.cause : undefined;
}

function messageOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).replace(/\.$/, '');
}

function failure(
  code:
    | 'ELASTICSEARCH_UNAVAILABLE'
    | 'ELASTICSEARCH_REFUSED'
    | 'ELASTICSEARCH_UNSUPPORTED'
    | 'ELASTICSEARCH_FAILED',
  message: string,
  cause: unknown,
): FlowtapError {
  return new FlowtapError(code, 'elasticsearch', message, { cause });
}
