import type { CaptureDamage, FrameReader } from './frame-reader.ts';

/** One input of several, with the name the user knows it by. */
export interface NamedReader {
  readonly path: string;
  readonly reader: FrameReader;
}

export interface NamedDamage {
  readonly path: string;
  readonly damage: CaptureDamage;
}

/** Several inputs as one: its frames are those of all, in order of time. A single input is given as it is. */
export function mergeReaders(inputs: readonly NamedReader[]): FrameReader {
  return inputs.length === 1 ? inputs[0].reader : new MergedReader(inputs.map((input) => input.reader));
}

/** The inputs that ended before they should, in the order given. */
export function damagesOf(inputs: readonly NamedReader[]): NamedDamage[] {
  return inputs.flatMap(({ path, reader }) =>
    reader.damage === undefined ? [] : [{ path, damage: reader.damage }],
  );
}

/**
 * Merges readers frame by frame: the earliest of their next frames comes first, and of two at the same time that
 * of the reader given first. Within one reader the order of its file stays. An input that is damaged ends alone.
 */
export class MergedReader implements FrameReader {
  view: DataView = new DataView(new ArrayBuffer(0));
  offset = 0;
  capturedBytes = 0;
  wireBytes = 0;
  linkType = 0;
  seconds = 0;
  nanoseconds = 0;
  readonly #readers: readonly FrameReader[];
  /** The readers that stand at a frame, the earliest first; those at equal times by their place in `#readers`. */
  readonly #ready: number[] = [];
  /** The readers that must be filled before the next frame is known. */
  #dry: number[];
  /** True while the frame of `#ready[0]` is the current one. */
  #givenOut = false;

  constructor(readers: readonly FrameReader[]) {
    this.#readers = readers;
    this.#dry = readers.map((_, index) => index);
  }

  /** The first damage of any input; `damagesOf` names all. */
  get damage(): CaptureDamage | undefined {
    return this.#readers.find((reader) => reader.damage !== undefined)?.damage;
  }

  get bytesRead(): number {
    return this.#readers.reduce((sum, reader) => sum + reader.bytesRead, 0);
  }

  advance(): boolean {
    if (this.#givenOut) this.#stepFirst();
    if (this.#dry.length > 0 || this.#ready.length === 0) return false;
    const reader = this.#readers[this.#ready[0]];
    this.view = reader.view;
    this.offset = reader.offset;
    this.capturedBytes = reader.capturedBytes;
    this.wireBytes = reader.wireBytes;
    this.linkType = reader.linkType;
    this.seconds = reader.seconds;
    this.nanoseconds = reader.nanoseconds;
    this.#givenOut = true;
    return true;
  }

  /** Fills the readers that ran dry, each until it stands at a frame or has ended. */
  async fill(): Promise<boolean> {
    const dry = this.#dry;
    const stands = await Promise.all(dry.map((index) => fillToFrame(this.#readers[index])));
    this.#dry = [];
    for (const [at, index] of dry.entries()) {
      if (stands[at]) this.#insert(index);
    }
    return this.#ready.length > 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.close()));
  }

  /** Leaves the current frame behind. */
  #stepFirst(): void {
    const ready = this.#ready;
    const first = ready[0];
    this.#givenOut = false;
    if (!this.#readers[first].advance()) {
      ready.shift();
      this.#dry.push(first);
      return;
    }
    let at = 0;
    while (at + 1 < ready.length && this.#isBefore(ready[at + 1], first)) {
      ready[at] = ready[at + 1];
      at++;
    }
    ready[at] = first;
  }

  #insert(index: number): void {
    const ready = this.#ready;
    let at = ready.length;
    while (at > 0 && this.#isBefore(index, ready[at - 1])) {
      ready[at] = ready[at - 1];
      at--;
    }
    ready[at] = index;
  }

  #isBefore(index: number, otherIndex: number): boolean {
    const one = this.#readers[index];
    const other = this.#readers[otherIndex];
    if (one.seconds !== other.seconds) return one.seconds < other.seconds;
    if (one.nanoseconds !== other.nanoseconds) return one.nanoseconds < other.nanoseconds;
    return index < otherIndex;
  }
}

async function fillToFrame(reader: FrameReader): Promise<boolean> {
  do {
    if (reader.advance()) return true;
  } while (await reader.fill());
  return false;
}
