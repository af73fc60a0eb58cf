import type { EnrichedDocument } from '../../services/enrichment/document/enriched-document.ts';
import type {
  DocumentIndex,
  Unavailability,
  WriteOutcome,
} from '../../services/enrichment/index/document-index.ts';
import { MemoryIndex } from '../../services/enrichment/index/memory-index.ts';

/** An index in memory that does what a test wants instead, where the test wants it. */
export class ScriptedIndex implements DocumentIndex {
  readonly memory = new MemoryIndex(100_000);
  /** Another outcome for some documents. */
  outcome: (document: EnrichedDocument) => WriteOutcome | undefined = () => undefined;
  /** Waited for before anything is written. */
  gate: Promise<void> | undefined;
  unavailability: Unavailability | undefined;
  /** Calls of `write` that have begun. */
  writes = 0;
  closed = 0;

  async write(documents: readonly EnrichedDocument[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    this.writes++;
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await Promise.race([this.gate, ...(this.gate === undefined ? [] : [stopped])]);
    if (signal.aborted) return documents.map(() => ({ kind: 'retry', reason: 'stopping' }));
    const outcomes: WriteOutcome[] = [];
    for (const document of documents) {
      outcomes.push(this.outcome(document) ?? (await this.memory.write([document]))[0]);
    }
    return outcomes;
  }

  unavailable(): Unavailability | undefined {
    return this.unavailability;
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }

  /** Ids of events in the stream of flows. */
  flows(): unknown[] {
    return this.memory
      .read('logs-flowtap.flow-default')
      .map((document) => (document.event as { id?: unknown } | undefined)?.id);
  }

  deadLetters(): Record<string, unknown>[] {
    return this.memory.read('logs-flowtap.deadletter-default');
  }
}
