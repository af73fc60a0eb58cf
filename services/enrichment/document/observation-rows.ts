import type { DirectionState, LossObservation, ObservedFrom } from './loss-exchange.ts';

// A row has two observations; each: state, number of the record, flags, and six numbers for each direction.
const STATE = 0;
const RECORD = 1;
const FLAGS = 2;
const SOURCE = 3;
const DESTINATION = 9;
const OBSERVATION_NUMBERS = 15;
const ROW_NUMBERS = 2 * OBSERVATION_NUMBERS;

const NONE = 0;
const ONE = 1;
/** Two records of one end, of which neither can be told to be it. */
const SEVERAL = 2;

const IS_LOSSY = 1;
const HAS_SOURCE = 2;
const HAS_DESTINATION = 4;

const FIRST_ROWS = 256;

/** Observations as numbers in one array: hundreds of thousands of small objects would keep the garbage collector busy. */
export class ObservationRows {
  readonly #rows = new Map<string, number>();
  #numbers = new Float64Array(FIRST_ROWS * ROW_NUMBERS);

  get size(): number {
    return this.#rows.size;
  }

  /** A second record of an end makes both unusable; the same record again is no second one. */
  put(communityId: string, from: ObservedFrom, observation: LossObservation): void {
    const at = this.#placeOf(communityId) + (from === 'source' ? 0 : OBSERVATION_NUMBERS);
    const numbers = this.#numbers;
    const record = recordNumber(observation.eventId);
    if (numbers[at + STATE] !== NONE && numbers[at + RECORD] !== record) {
      numbers[at + STATE] = SEVERAL;
      return;
    }
    if (numbers[at + STATE] === NONE) numbers[at + STATE] = ONE;
    numbers[at + RECORD] = record;
    const { source, destination, isLossy } = observation;
    numbers[at + FLAGS] =
      (isLossy ? IS_LOSSY : 0) |
      (source === undefined ? 0 : HAS_SOURCE) |
      (destination === undefined ? 0 : HAS_DESTINATION);
    if (source !== undefined) this.#write(at + SOURCE, source);
    if (destination !== undefined) this.#write(at + DESTINATION, destination);
  }

  get(communityId: string, from: ObservedFrom): LossObservation | undefined {
    const row = this.#rows.get(communityId);
    if (row === undefined) return undefined;
    const at = row * ROW_NUMBERS + (from === 'source' ? 0 : OBSERVATION_NUMBERS);
    if (this.#numbers[at + STATE] !== ONE) return undefined;
    const flags = this.#numbers[at + FLAGS];
    return {
      eventId: '',
      source: (flags & HAS_SOURCE) === 0 ? undefined : this.#read(at + SOURCE),
      destination: (flags & HAS_DESTINATION) === 0 ? undefined : this.#read(at + DESTINATION),
      isLossy: (flags & IS_LOSSY) !== 0,
    };
  }

  #placeOf(communityId: string): number {
    const known = this.#rows.get(communityId);
    if (known !== undefined) return known * ROW_NUMBERS;
    const row = this.#rows.size;
    this.#rows.set(communityId, row);
    const at = row * ROW_NUMBERS;
    if (at === this.#numbers.length) {
      const larger = new Float64Array(at * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    return at;
  }

  #write(at: number, state: DirectionState): void {
    const numbers = this.#numbers;
    numbers[at] = state.initial;
    numbers[at + 1] = state.repeatedBytes;
    numbers[at + 2] = state.missingChange;
    numbers[at + 3] = state.missingBytes;
    numbers[at + 4] = state.skippedBytes;
    numbers[at + 5] = state.reorderedBytes;
  }

  #read(at: number): DirectionState {
    const numbers = this.#numbers;
    return {
      initial: numbers[at],
      repeatedBytes: numbers[at + 1],
      missingChange: numbers[at + 2],
      missingBytes: numbers[at + 3],
      skippedBytes: numbers[at + 4],
      reorderedBytes: numbers[at + 5],
    };
  }
}

/** A number that two records hardly share: 49 bits of an id that is a digest. */
function recordNumber(id: string): number {
  let number = 0;
  for (let at = 0; at < 7 && at < id.length; at++) number = number * 128 + (id.charCodeAt(at) & 127);
  return number;
}
