import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { EcsFlow } from '../document/ecs-flow.ts';
import type { EnrichedDocument } from '../document/enriched-document.ts';
import type { Sender } from '../document/sender.ts';
import { deadLetterDocument } from '../index/dead-letter.ts';
import type { EventEnricher } from './flow-receiver.ts';
import { heartbeatDocument } from './heartbeat.ts';
import type { BadLine, ParsedBatch } from './parse-batch.ts';
import type { ReceiveMetrics } from './receive-metrics.ts';

/** What a document of a batch is for. */
export type DocumentPurpose =
  | { readonly kind: 'event'; readonly line: number }
  | { readonly kind: 'dead_letter'; readonly stage: 'receive' | 'enrich' }
  | { readonly kind: 'heartbeat' };

export interface ComposedBatch {
  readonly documents: readonly EnrichedDocument[];
  /** Of each document. */
  readonly purposes: readonly DocumentPurpose[];
  /** Lines of which a dead letter is all that is left. */
  readonly bad: readonly Omit<BadLine, 'original'>[];
}

export interface ComposeOptions {
  readonly enricher: EventEnricher;
  readonly cluster: string | undefined;
  readonly namespace: string;
  readonly metrics: ReceiveMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** An event that enrichment could not make a document of. */
interface Failure {
  readonly line: number;
  readonly original: string;
  readonly error: Error;
}

/** All documents of a batch: its events', a dead letter for each line that became none, and the heartbeat. */
export async function composeBatch(
  batch: ParsedBatch,
  sender: Sender,
  options: ComposeOptions,
): Promise<ComposedBatch> {
  const { cluster, namespace, metrics, clock } = options;
  const { documents, lines, failures } = await enrichEach(batch, sender, options);
  const purposes: DocumentPurpose[] = lines.map((line) => ({ kind: 'event', line }));
  const nowMs = clock.now();
  const from = sender.pod?.uid ?? sender.name ?? '';
  const bury = (stage: 'receive' | 'enrich', type: string, reason: string, original: string): void => {
    const letter = { stage, type, reason, original, stream: undefined, eventId: undefined, sender: from };
    documents.push(deadLetterDocument(letter, namespace, nowMs));
    purposes.push({ kind: 'dead_letter', stage });
  };
  for (const { line, field, message, original } of batch.bad) {
    bury('receive', field === '' ? 'invalid_line' : 'invalid_field', `line ${line}: ${message}`, original);
  }
  for (const { original, error } of failures) bury('enrich', error.name, error.message, original);
  metrics.enrichFailures.add(failures.length);
  if (batch.header?.heartbeat === true) {
    documents.push(heartbeatDocument(batch.header, { sender, cluster, namespace }));
    purposes.push({ kind: 'heartbeat' });
  }
  const failed = failures.map(({ line, error }) => ({
    line,
    field: '',
    message: `no document: ${error.message}`,
  }));
  return { documents, purposes, bad: [...batch.bad, ...failed] };
}

interface Enriched {
  readonly documents: EnrichedDocument[];
  readonly lines: number[];
  readonly failures: Failure[];
}

/** All at once; where that fails in halves, so that an event that breaks enrichment takes no other with it. */
async function enrichEach(batch: ParsedBatch, sender: Sender, options: ComposeOptions): Promise<Enriched> {
  const { enricher, log } = options;
  const { events, lines } = batch;
  if (events.length === 0) return { documents: [], lines: [], failures: [] };
  try {
    return { documents: await enrichAll(enricher, events, sender), lines: [...lines], failures: [] };
  } catch (error) {
    log.error({ error, events: events.length }, 'enrichment of a batch failed; it is tried in parts');
  }
  const tryPart = async (start: number, end: number): Promise<Enriched> => {
    try {
      // Enrichment writes into what it is given.
      const part = batch.readAgain(start, end);
      return {
        documents: await enrichAll(enricher, part, sender),
        lines: lines.slice(start, end),
        failures: [],
      };
    } catch (thrown) {
      if (end - start === 1) {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        const failure = { line: lines[start], original: batch.textOf(start), error };
        return { documents: [], lines: [], failures: [failure] };
      }
      return tryHalves(start, end);
    }
  };
  const tryHalves = async (start: number, end: number): Promise<Enriched> => {
    const middle = (start + end) >> 1;
    const halves = await Promise.all([tryPart(start, middle), tryPart(middle, end)]);
    return {
      documents: halves.flatMap(({ documents }) => documents),
      lines: halves.flatMap((half) => half.lines),
      failures: halves.flatMap(({ failures }) => failures),
    };
  };
  return events.length === 1 ? tryPart(0, 1) : tryHalves(0, events.length);
}

async function enrichAll(
  enricher: EventEnricher,
  events: readonly EcsFlow[],
  sender: Sender,
): Promise<EnrichedDocument[]> {
  const documents = await enricher.enrich(events, sender);
  if (documents.length === events.length) return [...documents];
  throw new Error(`Enrichment made ${documents.length} documents of ${events.length} events.`);
}
