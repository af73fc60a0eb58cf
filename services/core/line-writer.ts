/** Constant ASCII text, prepared for `LineWriter.piece`. */
export interface Piece {
  readonly bytes: number;
  /** The text, padded to whole eight bytes. */
  readonly words: Float64Array;
}

/** @throws RangeError for text that is not ASCII: its bytes could form a NaN, whose bits a move may change */
export function piece(text: string): Piece {
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7e) throw new RangeError(`A piece must be ASCII, but has ${text[index]}.`);
    padded[index] = code;
  }
  const view = new DataView(padded.buffer);
  const words = new Float64Array(padded.length / 8);
  for (let word = 0; word < words.length; word++) words[word] = view.getFloat64(word * 8, true);
  return { bytes: text.length, words };
}

/** Pieces are moved eight bytes at a time and may write this far behind their end. */
const SLACK_BYTES = 8;

/** Four decimal digits of 0 to 9999 as ASCII, the first in the lowest byte. */
const FOUR_DIGITS = Uint32Array.from({ length: 10_000 }, (_, value) => {
  const digit = (divisor: number): number => 0x30 + (Math.floor(value / divisor) % 10);
  return digit(1000) | (digit(100) << 8) | (digit(10) << 16) | (digit(1) << 24);
});

/**
 * Writes text as ASCII bytes into one buffer, without garbage. What it writes is never more than the buffer holds:
 * the caller asks for room first.
 */
export class LineWriter {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes written. */
  position = 0;
  readonly #view: DataView;

  constructor(capacityBytes: number) {
    this.bytes = new Uint8Array(capacityBytes + SLACK_BYTES);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Bytes that still fit. */
  get room(): number {
    return this.bytes.length - SLACK_BYTES - this.position;
  }

  piece(piece: Piece): void {
    const { words } = piece;
    const view = this.#view;
    let at = this.position;
    for (let word = 0; word < words.length; word++, at += 8) view.setFloat64(at, words[word], true);
    this.position += piece.bytes;
  }

  /** Writes again what stands between two positions. */
  repeat(from: number, to: number): void {
    const view = this.#view;
    let at = this.position;
    for (let source = from; source < to; source += 8, at += 8) {
      view.setFloat64(at, view.getFloat64(source, true), true);
    }
    this.position += to - from;
  }

  /** ASCII that needs no escape in JSON. */
  ascii(text: string): void {
    const bytes = this.bytes;
    let at = this.position;
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
    this.position = at;
  }

  /** A non-negative integer up to 2^53. */
  integer(value: number): void {
    if (value < 10_000) {
      this.#upToFourDigits(value | 0);
    } else if (value < 100_000_000) {
      const whole = value | 0;
      const high = (whole / 10_000) | 0;
      this.#upToFourDigits(high);
      this.#fourDigits(whole - high * 10_000);
    } else {
      const high = Math.floor(value / 100_000_000);
      this.integer(high);
      this.#eightDigits(value - high * 100_000_000);
    }
  }

  /** A fraction of a second in nine digits. */
  nanoseconds(value: number): void {
    const high = (value / 100_000_000) | 0;
    this.bytes[this.position++] = 0x30 + high;
    this.#eightDigits(value - high * 100_000_000);
  }

  /** A number below 100 in two digits. */
  twoDigits(value: number): void {
    const tens = (value / 10) | 0;
    this.bytes[this.position++] = 0x30 + tens;
    this.bytes[this.position++] = 0x30 + value - tens * 10;
  }

  #eightDigits(value: number): void {
    const whole = value | 0;
    const high = (whole / 10_000) | 0;
    this.#fourDigits(high);
    this.#fourDigits(whole - high * 10_000);
  }

  #fourDigits(value: number): void {
    this.#view.setUint32(this.position, FOUR_DIGITS[value], true);
    this.position += 4;
  }

  #upToFourDigits(value: number): void {
    const leading = value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0;
    this.#view.setUint32(this.position, FOUR_DIGITS[value] >>> (leading * 8), true);
    this.position += 4 - leading;
  }
}
