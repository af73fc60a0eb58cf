import type { EnrichedDocument } from '../document/enriched-document.ts';
import type { DocumentIndex, Unavailability, WriteOutcome } from './document-index.ts';
import { CREATED, DUPLICATE } from './document-index.ts';

/** An index in memory, for the demo and a first try: the newest documents of each stream. */
export class MemoryIndex implements DocumentIndex {
  readonly #maxDocuments: number;
  readonly #streams = new Map<string, Map<string, string>>();
  readonly #onWrite: (document: EnrichedDocument) => void;

  /**
   * @param maxDocuments of each stream; the oldest go first
   * @param onWrite told of each new document
   */
  constructor(maxDocuments: number, onWrite: (document: EnrichedDocument) => void = () => undefined) {
    this.#maxDocuments = maxDocuments;
    this.#onWrite = onWrite;
  }

  unavailable(): Unavailability | undefined {
    return undefined;
  }

  write(documents: readonly EnrichedDocument[]): Promise<readonly WriteOutcome[]> {
    return Promise.resolve(documents.map((document) => this.#create(document)));
  }

  /** The names of streams that have documents. */
  streams(): string[] {
    return [...this.#streams.keys()];
  }

  /** The documents of a stream, oldest first. */
  read(stream: string): Record<string, unknown>[] {
    return [...(this.#streams.get(stream)?.values() ?? [])].map((body) => JSON.parse(body));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #create(document: EnrichedDocument): WriteOutcome {
    const { stream, id, body } = document;
    const bodies = this.#streams.get(stream) ?? new Map<string, string>();
    this.#streams.set(stream, bodies);
    if (bodies.has(id)) return DUPLICATE;
    bodies.set(id, body);
    if (bodies.size > this.#maxDocuments) {
      for (const [oldest] of bodies) {
        bodies.delete(oldest);
        break;
      }
    }
    this.#onWrite(document);
    return CREATED;
  }
}
