import type { EnrichedDocument } from '../document/enriched-document.ts';
import type { WriteOutcome } from './document-index.ts';

/** One call of `write`. */
export interface WriteCall {
  /** By the place of the document in the call. */
  readonly outcomes: WriteOutcome[];
  /** Documents without an outcome. */
  open: number;
  /** Aborted when all have one, or nobody waits for them. */
  readonly done: AbortController;
}

/** A document on its way. */
export interface BulkEntry {
  readonly document: EnrichedDocument;
  readonly bytes: number;
  readonly call: WriteCall;
  readonly place: number;
  /** How often the index had an error of its own with it. */
  innerErrors: number;
}

/** The action line of a bulk request, about. */
const ACTION_BYTES = 90;

/** A call's documents, as entries. */
export function bulkEntries(documents: readonly EnrichedDocument[], call: WriteCall): BulkEntry[] {
  return documents.map((document, place) => ({
    document,
    bytes: document.body.length + ACTION_BYTES,
    call,
    place,
    innerErrors: 0,
  }));
}

/** Gives a document its outcome, unless nobody waits for it. */
export function settle({ call, place }: BulkEntry, outcome: WriteOutcome): void {
  if (call.done.signal.aborted) return;
  call.outcomes[place] = outcome;
  if (--call.open === 0) call.done.abort();
}

/** Documents that wait to be sent. Its owner bounds it. */
export class BulkQueue {
  #entries: BulkEntry[] = [];
  #bytes = 0;

  get length(): number {
    return this.#entries.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(entries: readonly BulkEntry[]): void {
    for (const entry of entries) {
      this.#entries.push(entry);
      this.#bytes += entry.bytes;
    }
  }

  /** The oldest, at least one, not more than so many and so much. */
  take(maxDocuments: number, maxBytes: number): BulkEntry[] {
    let count = 0;
    let bytes = 0;
    while (count < this.#entries.length && count < maxDocuments) {
      const next = this.#entries[count].bytes;
      if (count > 0 && bytes + next > maxBytes) break;
      bytes += next;
      count++;
    }
    this.#bytes -= bytes;
    return this.#entries.splice(0, count);
  }

  /** Takes out what nobody waits for any more. */
  remove(call: WriteCall): void {
    this.#entries = this.#entries.filter((entry) => entry.call !== call);
    this.#bytes = this.#entries.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
