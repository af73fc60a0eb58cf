import type { CaptureDamageCode } from '../capture-damage.ts';
import { captureDamage } from '../capture-damage.ts';
import type { CaptureDamage } from '../frame-reader.ts';
import type { ByteSource, SourceFailure } from './byte-source.ts';

/**
 * The longest record that a reader may ask to have whole in memory: a frame of 262,144 bytes (the largest that
 * libpcap accepts), 128 KiB of options and the headers around them.
 */
export const MAX_RECORD_BYTES = 262_144 + 131_072 + 32;

export const DEFAULT_CHUNK_BYTES = 1 << 20;

/** Reads shorter than this are not worth a system call while another buffer is free. */
export const SHORTEST_READ_BYTES = 4096;

/**
 * A moving window over an input: `bytes` from `position` to `end` are there and not yet used. Two buffers take
 * turns, and the next read is under way while the current bytes are used. Each buffer starts with room for the
 * unfinished record of the other, so going over to it copies that record only.
 */
export class ByteWindow {
  bytes: Uint8Array;
  view: DataView;
  position = MAX_RECORD_BYTES;
  end = MAX_RECORD_BYTES;
  /** Where and why the input is no longer usable; set by `fail` or `conclude`. */
  damage: CaptureDamage | undefined;
  readonly #source: ByteSource;
  readonly #chunkBytes: number;
  readonly #signal: AbortSignal | undefined;
  /** The offset in the input that `bytes[0]` stands for. */
  #origin = -MAX_RECORD_BYTES;
  #spare: DataView | undefined;
  #reading: Promise<number> | undefined;
  #readsIntoSpare = false;
  #ended = false;
  #closed = false;

  constructor(source: ByteSource, chunkBytes = DEFAULT_CHUNK_BYTES, signal?: AbortSignal) {
    this.#source = source;
    this.#chunkBytes = chunkBytes;
    this.#signal = signal;
    this.view = this.#newBuffer();
    this.bytes = new Uint8Array(this.view.buffer);
  }

  get unread(): number {
    return this.end - this.position;
  }

  /** The offset in the input of the next byte not yet used. */
  get inputOffset(): number {
    return this.#origin + this.position;
  }

  /** Why the source ended before it should, if it did. */
  get sourceFailure(): SourceFailure | undefined {
    return this.#source.failure;
  }

  /**
   * Adds bytes behind `end`; false when there are no more, the window was closed or aborted, or damage is known.
   * What was read from `bytes` before may move or go: only `position` to `end` is kept.
   */
  async fill(): Promise<boolean> {
    if (this.#stopped || this.#ended || this.damage !== undefined) return false;
    if (this.unread > MAX_RECORD_BYTES) return true;
    this.#reading ??= this.#readOn();
    const count = await this.#reading;
    this.#reading = undefined;
    if (this.#stopped) return false;
    if (count === 0) {
      this.#ended = true;
      return false;
    }
    if (this.#readsIntoSpare) this.#changeBuffers();
    this.end += count;
    this.#reading = this.#readOn();
    return true;
  }

  /** Ends the reading for damage in the input; gives false, so that `advance` can return it. */
  fail(code: CaptureDamageCode, reason: string, byteOffset: number): false {
    this.damage ??= captureDamage(code, reason, byteOffset);
    this.position = this.end;
    return false;
  }

  /**
   * Judges an input that has ended: damage where its source failed, or where it ends within the record that
   * starts at `recordOffset`. Says nothing of an input that was closed or aborted.
   */
  conclude(recordOffset: number, code: CaptureDamageCode, reason: string): void {
    if (!this.#ended || this.damage !== undefined) return;
    const failure = this.#source.failure;
    if (failure !== undefined) this.fail(failure.code, failure.reason, recordOffset);
    else if (recordOffset < this.#origin + this.end) this.fail(code, reason, recordOffset);
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#source.close();
  }

  get #stopped(): boolean {
    return this.#closed || this.#signal?.aborted === true;
  }

  #newBuffer(): DataView {
    return new DataView(new ArrayBuffer(MAX_RECORD_BYTES + this.#chunkBytes));
  }

  #readOn(): Promise<number> {
    const room = this.bytes.length - this.end;
    this.#readsIntoSpare = room < Math.min(this.#chunkBytes, SHORTEST_READ_BYTES);
    if (!this.#readsIntoSpare) return this.#source.read(this.bytes, this.end, room);
    this.#spare ??= this.#newBuffer();
    return this.#source.read(new Uint8Array(this.#spare.buffer), MAX_RECORD_BYTES, this.#chunkBytes);
  }

  #changeBuffers(): void {
    const view = this.#spare as DataView;
    const bytes = new Uint8Array(view.buffer);
    const position = MAX_RECORD_BYTES - this.unread;
    bytes.set(this.bytes.subarray(this.position, this.end), position);
    this.#origin += this.position - position;
    this.#spare = this.view;
    this.view = view;
    this.bytes = bytes;
    this.position = position;
    this.end = MAX_RECORD_BYTES;
  }
}
