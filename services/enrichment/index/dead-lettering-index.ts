import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { EnrichedDocument } from '../document/enriched-document.ts';
import { deadLetterDocument, deadLetterStream } from './dead-letter.ts';
import type { DocumentIndex, Unavailability, WriteOutcome } from './document-index.ts';
import type { IndexMetrics } from './index-metrics.ts';

export interface DeadLetteringOptions {
  readonly index: DocumentIndex;
  /** Namespace of the dead letters' stream. */
  readonly namespace: string;
  readonly metrics: IndexMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Writes a dead letter for each document that the index refuses. The rest is not held up by it. */
export class DeadLetteringIndex implements DocumentIndex {
  readonly #options: DeadLetteringOptions;
  readonly #stream: string;

  constructor(options: DeadLetteringOptions) {
    this.#options = options;
    this.#stream = deadLetterStream(options.namespace);
  }

  unavailable(): Unavailability | undefined {
    return this.#options.index.unavailable();
  }

  close(): Promise<void> {
    return this.#options.index.close();
  }

  async write(documents: readonly EnrichedDocument[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const outcomes = [...(await this.#options.index.write(documents, signal))];
    const refused = documents.flatMap((document, place) => {
      const outcome = outcomes[place];
      return outcome.kind === 'rejected' ? [{ document, place, outcome }] : [];
    });
    if (refused.length === 0) return outcomes;
    const { namespace, clock, log, metrics, index } = this.#options;
    const [{ document: first, outcome: why }] = refused;
    log.warn(
      { count: refused.length, stream: first.stream, 'error.type': why.type, reason: why.reason },
      'the index refused documents',
    );
    // A letter that is refused gets no letter of its own.
    metrics.deadLettersLost.add(refused.filter(({ document }) => document.stream === this.#stream).length);
    const dead = refused.filter(({ document }) => document.stream !== this.#stream);
    if (dead.length === 0) return outcomes;
    const letters = dead.map(({ document, outcome }) => {
      const { stream, id, body } = document;
      const { type, reason } = outcome;
      const letter = {
        stage: 'index',
        type,
        reason,
        original: body,
        stream,
        eventId: id,
        sender: undefined,
      } as const;
      return deadLetterDocument(letter, namespace, clock.now());
    });
    const written = await index.write(letters, signal);
    dead.forEach(({ place }, at) => {
      const outcome = written[at];
      // Without its letter the document is not done with: the sender shall keep it.
      if (outcome.kind === 'retry') outcomes[place] = outcome;
      else if (outcome.kind === 'rejected') metrics.deadLettersLost.add(1);
      else if (outcome.kind === 'created') metrics.deadLetters.add(1, { stage: 'index' });
    });
    return outcomes;
  }
}
