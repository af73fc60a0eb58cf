import type { EnrichedDocument } from '../../services/enrichment/document/enriched-document.ts';
import type { BulkAnswer, BulkItem, BulkTarget } from '../../services/enrichment/index/bulk-target.ts';

/** Takes bulk requests as a test wants it. */
export class ScriptedTarget implements BulkTarget {
  /** The ids of each request. */
  readonly bulks: string[][] = [];
  running = 0;
  mostRunning = 0;
  /** What each request is answered, until undefined: then each document is 201, or 409 when it was. */
  answer: (documents: readonly EnrichedDocument[], bulk: number) => BulkAnswer | undefined = () => undefined;
  gate: Promise<void> | undefined;
  readonly #written = new Set<string>();

  async send(documents: readonly EnrichedDocument[], signal: AbortSignal): Promise<BulkAnswer> {
    const bulk = this.bulks.push(documents.map(({ id }) => id));
    this.running++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    if (this.gate !== undefined) await Promise.race([this.gate, stopped]);
    else await new Promise(setImmediate);
    this.running--;
    return (
      this.answer(documents, bulk) ?? { kind: 'items', items: documents.map(({ id }) => this.#write(id)) }
    );
  }

  #write(id: string): BulkItem {
    if (this.#written.has(id)) return { status: 409 };
    this.#written.add(id);
    return { status: 201 };
  }
}
