import { createHash } from 'node:crypto';
import type { EnrichedDocument } from '../document/enriched-document.ts';

/** Something that could not become, or stay, a document, and why. */
export interface DeadLetter {
  /** Who refused: the check of what came in, enrichment, or the index. */
  readonly stage: 'receive' | 'enrich' | 'index';
  /** One word or name: `invalid_field`, `document_parsing_exception`. */
  readonly type: string;
  readonly reason: string;
  /** As it came, or as the index was to get it. */
  readonly original: string;
  /** Where it was to go, if that was known. */
  readonly stream: string | undefined;
  /** What the record was to be called. */
  readonly eventId: string | undefined;
  /** Whose it is, where that is known; part of the letter's id, so that what is sent again is not written again. */
  readonly sender: string | undefined;
}

/** Enough to see what is wrong; Elasticsearch takes keywords of up to 32,766 bytes. */
const MAX_ORIGINAL_LENGTH = 8192;
const MAX_REASON_LENGTH = 2048;

export const DEAD_LETTER_DATASET = 'flowtap.deadletter';

export function deadLetterStream(namespace: string): string {
  return `logs-${DEAD_LETTER_DATASET}-${namespace}`;
}

/** The document that keeps it. */
export function deadLetterDocument(letter: DeadLetter, namespace: string, nowMs: number): EnrichedDocument {
  const { stage, type, reason, original, stream, eventId, sender } = letter;
  const identity = `${sender ?? ''}\n${stage}\n${stream ?? ''}\n${eventId ?? original}`;
  const body = {
    '@timestamp': new Date(nowMs).toISOString(),
    ecs: { version: '9.3.0' },
    data_stream: { type: 'logs', dataset: DEAD_LETTER_DATASET, namespace },
    message: `A record was refused (${stage}): ${cut(reason, MAX_REASON_LENGTH)}`,
    error: { type, message: cut(reason, MAX_REASON_LENGTH) },
    event: {
      kind: 'pipeline_error',
      dataset: DEAD_LETTER_DATASET,
      module: 'flowtap',
      ...(eventId !== undefined && { id: cut(eventId, 1024) }),
      original: cut(original, MAX_ORIGINAL_LENGTH),
    },
    flowtap: { deadletter: { stage, reason: type, sender, stream } },
  };
  return {
    stream: deadLetterStream(namespace),
    id: createHash('sha1').update(identity).digest('base64url'),
    body: JSON.stringify(body),
  };
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
