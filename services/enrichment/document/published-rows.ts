import type { DirectionState, LossObservation, PublishedObservation } from './loss-exchange.ts';

/** An observation under its connection, as it is shared. */
export interface PublishedRow {
  readonly communityId: string;
  readonly observation: LossObservation;
}

/** Characters of a record's digest that tell it from others of the same connection and window. */
const RECORD_LENGTH = 10;

export function rowOf({ communityId, observation }: PublishedObservation): PublishedRow {
  const eventId = observation.eventId.slice(0, RECORD_LENGTH);
  return { communityId, observation: { ...observation, eventId } };
}

/** JSON: a list of `[Community ID, record, 1 where the probe missed packets, source, destination]`. */
export function encodeRows(rows: readonly PublishedRow[]): string {
  return JSON.stringify(
    rows.map(({ communityId, observation: { eventId, isLossy, source, destination } }) => [
      ...[communityId, eventId, isLossy ? 1 : 0],
      ...[numbersOf(source), numbersOf(destination)],
    ]),
  );
}

/** Without what is none. */
export function decodeRows(text: string): readonly PublishedRow[] {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch {
    return [];
  }
  return Array.isArray(rows) ? rows.flatMap((row: unknown) => readRow(row) ?? []) : [];
}

function readRow(row: unknown): PublishedRow | undefined {
  if (!Array.isArray(row)) return undefined;
  const [communityId, eventId, lossy, source, destination] = row as unknown[];
  if (typeof communityId !== 'string' || typeof eventId !== 'string') return undefined;
  const observation = {
    ...{ eventId, isLossy: lossy === 1 },
    ...{ source: stateOf(source), destination: stateOf(destination) },
  };
  return { communityId, observation };
}

/** Zeros at the end are left out, which is nearly all of them; 0 where there is no state. */
function numbersOf(state: DirectionState | undefined): readonly number[] | 0 {
  if (state === undefined) return 0;
  const { initial, repeatedBytes, missingChange, missingBytes, skippedBytes, reorderedBytes } = state;
  const numbers = [initial, repeatedBytes, missingChange, missingBytes, skippedBytes, reorderedBytes];
  while (numbers.length > 1 && numbers.at(-1) === 0) numbers.pop();
  return numbers;
}

function stateOf(numbers: unknown): DirectionState | undefined {
  if (!Array.isArray(numbers) || numbers.length === 0 || !numbers.every(Number.isFinite)) return undefined;
  const [
    initial,
    repeatedBytes = 0,
    missingChange = 0,
    missingBytes = 0,
    skippedBytes = 0,
    reorderedBytes = 0,
  ] = numbers as number[];
  return { initial, repeatedBytes, missingChange, missingBytes, skippedBytes, reorderedBytes };
}
