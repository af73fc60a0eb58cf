/** `known`: it was there before. `copy`: the same record in another index, as after a rollover. */
export type Sighting = 'new' | 'known' | 'copy';

const SECOND_MS = 1000;

/**
 * Which documents were seen, of those that were made since a moment (`fromMs`, a whole second). Older ones are forgotten,
 * and only counted.
 */
export class SeenDocuments {
  /** By id: the index that it was first seen in. Copies in other indices have a key of their own. */
  readonly #indexOf = new Map<string, string>();
  /** The keys of `#indexOf`, by the second in which their documents were made. */
  readonly #keysOf = new Map<number, string[]>();
  readonly #max: number;
  #fromMs: number;
  #forgotten = 0;

  /** @param max how many are remembered; the newest second is so always */
  constructor(fromMs: number, max: number) {
    this.#fromMs = wholeSecond(fromMs);
    this.#max = max;
  }

  get fromMs(): number {
    return this.#fromMs;
  }

  /** Documents that were seen and made before `fromMs`. */
  get forgotten(): number {
    return this.#forgotten;
  }

  get size(): number {
    return this.#indexOf.size;
  }

  /** Takes note of a document that was made at `atMs`. */
  add(id: string, index: string, atMs: number): Sighting {
    const first = this.#indexOf.get(id);
    if (first === index) return 'known';
    const key = first === undefined ? id : `${index}/${id}`;
    if (this.#indexOf.has(key)) return 'known';
    const second = wholeSecond(atMs);
    if (second < this.#fromMs) this.#forgotten++;
    else {
      this.#indexOf.set(key, index);
      const keys = this.#keysOf.get(second);
      if (keys === undefined) this.#keysOf.set(second, [key]);
      else keys.push(key);
    }
    return first === undefined ? 'new' : 'copy';
  }

  /** How many of those that are remembered were made before a moment, which counts as the whole second it is in. */
  countBefore(atMs: number): number {
    const end = wholeSecond(atMs);
    let count = 0;
    for (const [second, keys] of this.#keysOf) if (second < end) count += keys.length;
    return count;
  }

  /** Forgets what was made before a moment, and more where there is too much. True where it had to be more. */
  forgetBefore(atMs: number): boolean {
    const end = wholeSecond(atMs);
    const isOver = (): boolean => this.#indexOf.size > this.#max && this.#keysOf.size > 1;
    if (end > this.#fromMs) this.#fromMs = end;
    let isCut = false;
    for (const second of [...this.#keysOf.keys()].sort((a, b) => a - b)) {
      const isOld = second < this.#fromMs;
      if (!isOld && !isOver()) break;
      isCut ||= !isOld;
      for (const key of this.#keysOf.get(second) ?? []) this.#indexOf.delete(key);
      this.#forgotten += this.#keysOf.get(second)?.length ?? 0;
      this.#keysOf.delete(second);
      this.#fromMs = Math.max(this.#fromMs, second + SECOND_MS);
    }
    return isCut;
  }
}

/** The begin of the second that a moment is in. */
export function wholeSecond(atMs: number): number {
  return Math.floor(atMs / SECOND_MS) * SECOND_MS;
}
