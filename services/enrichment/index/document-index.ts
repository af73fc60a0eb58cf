import type { EnrichedDocument } from '../document/enriched-document.ts';

/** What became of a document. */
export type WriteOutcome =
  /** It is in the index, and was not before. */
  | { readonly kind: 'created' }
  /** It was there already: somebody tried again. */
  | { readonly kind: 'duplicate' }
  /** The index will never take it as it is. */
  | { readonly kind: 'rejected'; readonly type: string; readonly reason: string }
  /** Nobody knows, or not now: it has to come again. */
  | { readonly kind: 'retry'; readonly reason: string };

/** Why nothing can be written now, and when it is worth trying again. */
export interface Unavailability {
  readonly reason: string;
  readonly retryAfterMs: number;
}

/** Where documents go. */
export interface DocumentIndex {
  /** Outcomes in the order of the documents; never rejects. Those still open when the signal aborts are to be retried. */
  write(documents: readonly EnrichedDocument[], signal: AbortSignal): Promise<readonly WriteOutcome[]>;
  /** Undefined while writing is worth trying. */
  unavailable(): Unavailability | undefined;
  /** What still waits ends as retry. May be called twice. */
  close(): Promise<void>;
}

export const CREATED: WriteOutcome = { kind: 'created' };
export const DUPLICATE: WriteOutcome = { kind: 'duplicate' };
