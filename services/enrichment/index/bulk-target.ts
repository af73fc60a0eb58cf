import type { EnrichedDocument } from '../document/enriched-document.ts';

/** What the index says of one document of a bulk request, by its HTTP status. */
export interface BulkItem {
  readonly status: number;
  readonly type?: string | undefined;
  readonly reason?: string | undefined;
}

/** What became of a bulk request. */
export type BulkAnswer =
  /** An item for each document, in order. */
  | { readonly kind: 'items'; readonly items: readonly BulkItem[] }
  /** More than the index takes at once. */
  | { readonly kind: 'too_large'; readonly reason: string }
  /** No answer, or one for the whole request: nobody knows what was written. */
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs: number | undefined };

/** Sends documents in one request. Never rejects. */
export interface BulkTarget {
  send(documents: readonly EnrichedDocument[], signal: AbortSignal): Promise<BulkAnswer>;
}
