import type { BulkItem } from './bulk-target.ts';
import type { WriteOutcome } from './document-index.ts';
import { CREATED, DUPLICATE } from './document-index.ts';

/** An index that answers so often with an inner error to one document has something against this document. */
const MAX_INNER_ERRORS = 3;

/**
 * Statuses that speak of the index and not of the document: no permission, no such stream (its template is missing),
 * too much at once, a shard that is away.
 */
const NOT_THE_DOCUMENT = new Set([401, 403, 404, 408, 429, 502, 503, 504]);

/** @param earlierErrors how often this document has had a status of 500 before */
export function outcomeOf({ status, type, reason }: BulkItem, earlierErrors: number): WriteOutcome {
  if (status >= 200 && status < 300) return CREATED;
  // Ids say what a document is, so a version conflict on create is the same document.
  if (status === 409) return DUPLICATE;
  const text = `${status} ${type ?? 'unknown'}: ${reason ?? 'no reason given'}`;
  if (NOT_THE_DOCUMENT.has(status) || (status >= 500 && earlierErrors < MAX_INNER_ERRORS)) {
    return { kind: 'retry', reason: text };
  }
  return { kind: 'rejected', type: type ?? String(status), reason: reason ?? text };
}
