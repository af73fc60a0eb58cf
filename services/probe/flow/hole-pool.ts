/** Open holes a direction can have at once (design: enough for one loss episode of a window). */
export const HOLES_PER_BLOCK = 4;

/** Words of a hole: first missing sequence number, the one behind the last, when it opened. */
const START = 0;
const END = 1;
const SECONDS = 2;
const NANOSECONDS = 3;
const HOLE_WORDS = 4;
const BLOCK_WORDS = HOLES_PER_BLOCK * HOLE_WORDS;

/**
 * The missing ranges of TCP streams, in blocks that a direction takes only when it needs one. A range that finds no
 * place is not remembered: its bytes stay missing, and count as seen again should they come. The loss computed from
 * both ends is the same either way.
 */
export class HolePool {
  /** Ranges that found no place. */
  forgotten = 0;
  /** Bytes that `fill` has taken out of holes, and whether one of them was young. */
  filledBytes = 0;
  filledYoung = false;
  readonly #words: Int32Array;
  #nextFree = 0;
  #highWater = 0;
  readonly #capacity: number;

  /** @param capacity how many directions can have holes at once */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#words = new Int32Array(capacity * BLOCK_WORDS);
  }

  /** Remembers the range [start, end) as missing; gives the block to keep, `block` or a new one, 0 for none. */
  open(block: number, start: number, end: number, seconds: number, nanoseconds: number): number {
    const owned = block === 0 ? this.#allocate() : block;
    if (owned === 0) {
      this.forgotten++;
      return 0;
    }
    const words = this.#words;
    const first = (owned - 1) * BLOCK_WORDS;
    let place = first;
    for (let at = first; at < first + BLOCK_WORDS; at += HOLE_WORDS) {
      if (words[at + START] === words[at + END]) {
        place = at;
        break;
      }
      if (((words[at + END] - words[place + END]) | 0) < 0) place = at;
    }
    // The range lowest in the stream is the one least likely to be filled still.
    if (words[place + START] !== words[place + END]) this.forgotten++;
    words[place + START] = start;
    words[place + END] = end;
    words[place + SECONDS] = seconds;
    words[place + NANOSECONDS] = nanoseconds;
    return owned;
  }

  /**
   * Takes [start, end) out of the block's holes; `filledBytes` says how many bytes that were, `filledYoung` whether a
   * hole among them opened less than `youngNanoseconds` ago. Gives the block, or 0 when it has no hole left.
   */
  fill(
    block: number,
    start: number,
    end: number,
    seconds: number,
    nanoseconds: number,
    youngNanoseconds: number,
  ): number {
    this.filledBytes = 0;
    this.filledYoung = false;
    const words = this.#words;
    const first = (block - 1) * BLOCK_WORDS;
    let open = 0;
    for (let at = first; at < first + BLOCK_WORDS; at += HOLE_WORDS) {
      const holeStart = words[at + START];
      const holeEnd = words[at + END];
      if (holeStart === holeEnd) continue;
      open++;
      const from = laterOf(start, holeStart);
      const to = earlierOf(end, holeEnd);
      if (((to - from) | 0) <= 0) continue;
      this.filledBytes += (to - from) | 0;
      const age = (seconds - (words[at + SECONDS] >>> 0)) * 1e9 + nanoseconds - words[at + NANOSECONDS];
      if (age >= 0 && age <= youngNanoseconds) this.filledYoung = true;
      if (from !== holeStart && to !== holeEnd) {
        words[at + END] = from;
        this.open(block, to, holeEnd, words[at + SECONDS], words[at + NANOSECONDS]);
      } else if (from !== holeStart) {
        words[at + END] = from;
      } else {
        words[at + START] = to;
        if (to === holeEnd) open--;
      }
    }
    if (open > 0) return block;
    this.release(block);
    return 0;
  }

  release(block: number): void {
    const first = (block - 1) * BLOCK_WORDS;
    this.#words.fill(0, first, first + BLOCK_WORDS);
    // A free block's first word links to the next one; START and END stay equal in both words.
    this.#words[first + SECONDS] = this.#nextFree;
    this.#nextFree = block;
  }

  #allocate(): number {
    const block = this.#nextFree;
    if (block !== 0) {
      this.#nextFree = this.#words[(block - 1) * BLOCK_WORDS + SECONDS];
      return block;
    }
    if (this.#highWater === this.#capacity) return 0;
    this.#highWater++;
    return this.#highWater;
  }
}

/** Sequence numbers compare by their distance, which may wrap (RFC 9293 section 3.4). */
const laterOf = (a: number, b: number): number => (((a - b) | 0) > 0 ? a : b);
const earlierOf = (a: number, b: number): number => (((a - b) | 0) < 0 ? a : b);
