/** Why a request is refused as a whole: the status, and what the sender should do. docs/enrichment.md lists them. */
export const REFUSALS = {
  unauthenticated: { status: 401, meaning: 'No token, or one that nobody vouches for.' },
  forbidden: { status: 403, meaning: 'The token is good, but its owner may not send flows.' },
  not_found: { status: 404, meaning: 'Another path than `/v1/flows`.' },
  method_not_allowed: { status: 405, meaning: 'Another method than POST.' },
  too_large: {
    status: 413,
    meaning: 'More bytes (before or after decompression) or lines than are taken at once. Send less.',
  },
  unsupported_type: { status: 415, meaning: 'Another content type than NDJSON.' },
  unsupported_encoding: { status: 415, meaning: 'Another content encoding than gzip and identity.' },
  damaged_encoding: { status: 400, meaning: 'What was called gzip is none, or ends too early.' },
  bad_header: { status: 400, meaning: 'The header line is not what it should be.' },
  empty: { status: 400, meaning: 'There is not a single line.' },
  busy: {
    status: 429,
    meaning: 'Too many bytes are being worked on. Keep the batch; come again after `Retry-After` seconds.',
  },
  too_fast: {
    status: 429,
    meaning: 'This sender is beyond its rate. Keep the batch; come again after `Retry-After` seconds.',
  },
  index_unavailable: {
    status: 503,
    meaning: 'The index did not take everything. Keep the batch; what was taken is not doubled.',
  },
  cannot_authenticate: {
    status: 503,
    meaning: 'Whoever vouches for tokens does not answer. Keep the batch.',
  },
  stopping: { status: 503, meaning: 'This instance is stopping. Send the batch again.' },
  internal: { status: 500, meaning: 'A mistake of ours, which the log describes.' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly meaning: string }>>;

export type RefusalReason = keyof typeof REFUSALS;

/** Thrown where a request is refused. */
export class Refusal extends Error {
  readonly reason: RefusalReason;
  readonly headers: Readonly<Record<string, string>>;

  /** @param message for the sender's log: what was wrong, and what was expected */
  constructor(reason: RefusalReason, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'Refusal';
    this.reason = reason;
    this.headers = headers;
  }
}

/** Spread over the time until it is worth trying, so that all who were refused do not come at once. */
export function retryAfter(ms: number): Readonly<Record<string, string>> {
  const seconds = Math.max(1, ms / 1000);
  return { 'retry-after': String(Math.ceil(seconds * (1 + Math.random()))) };
}
