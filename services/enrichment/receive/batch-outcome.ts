import type { WriteOutcome } from '../index/document-index.ts';
import type { ComposedBatch } from './compose-batch.ts';
import type { FlowReply } from './flow-request.ts';
import { Refusal, retryAfter } from './refusal.ts';

/** What a sender is told of its batch. */
export interface BatchReport {
  /** Events that are in the index now and were not before. */
  readonly indexed: number;
  /** Events that were there already. */
  readonly duplicates: number;
  /** Events that will never be there; the dead-letter stream has them. */
  readonly rejected: number;
  /** Why, for the first ones. */
  readonly errors: readonly LineError[];
}

export interface LineError {
  readonly line: number;
  /** Empty where it is the line as a whole, or the index that refused. */
  readonly field: string;
  readonly message: string;
}

const MAX_ERRORS = 10;
const RETRY_MS = 2000;

/**
 * 200 when everything is in the index; 400 when there was something and nothing of it could be taken. Throws a Refusal
 * when the index does not have everything yet.
 */
export function describeOutcome(batch: ComposedBatch, outcomes: readonly WriteOutcome[]): FlowReply {
  const open = outcomes.find((outcome) => outcome.kind === 'retry');
  if (open !== undefined) {
    throw new Refusal(
      'index_unavailable',
      `The index does not have everything yet: ${open.reason}`,
      retryAfter(RETRY_MS),
    );
  }
  const errors: LineError[] = batch.bad.map(({ line, field, message }) => ({
    line,
    field,
    message: `line ${line}: ${message}`,
  }));
  let indexed = 0;
  let duplicates = 0;
  outcomes.forEach((outcome, at) => {
    const purpose = batch.purposes[at];
    if (purpose.kind !== 'event') return;
    if (outcome.kind === 'created') indexed++;
    else if (outcome.kind === 'duplicate') duplicates++;
    else if (outcome.kind === 'rejected') {
      const { line } = purpose;
      errors.push({
        line,
        field: '',
        message: `line ${line}: the index refused it: ${outcome.type}: ${outcome.reason}`,
      });
    }
  });
  errors.sort((a, b) => a.line - b.line);
  const report: BatchReport = {
    indexed,
    duplicates,
    rejected: errors.length,
    errors: errors.slice(0, MAX_ERRORS),
  };
  const isAllBad = errors.length > 0 && indexed + duplicates === 0;
  return { status: isAllBad ? 400 : 200, headers: {}, body: report };
}
