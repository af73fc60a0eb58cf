/** Marsaglia's xorshift with 32 bits of state: a few instructions a number, and the same numbers for the same seed. */
export class Xorshift {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 0x9e3779b9;
  }

  /** The next number, any but zero of 32 bits (signed). */
  next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state;
  }

  /** A number from 0 to `bound - 1`; `bound` is at most 65,536. */
  below(bound: number): number {
    return ((this.next() >>> 16) * bound) >>> 16;
  }
}
