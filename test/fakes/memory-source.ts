import type { ByteSource, SourceFailure } from '../../services/probe/capture/bytes/byte-source.ts';

/** Bytes out of memory, in pieces of at most `pieceBytes`, which end with `failure` if one is given. */
export class MemorySource implements ByteSource {
  failure: SourceFailure | undefined;
  closed = 0;
  readonly #bytes: Uint8Array;
  readonly #pieceBytes: number;
  readonly #failsWith: SourceFailure | undefined;
  #position = 0;

  constructor(bytes: Uint8Array, pieceBytes = Number.POSITIVE_INFINITY, failsWith?: SourceFailure) {
    this.#bytes = bytes;
    this.#pieceBytes = pieceBytes;
    this.#failsWith = failsWith;
  }

  read(into: Uint8Array, offset: number, length: number): Promise<number> {
    const count = Math.min(length, this.#pieceBytes, this.#bytes.length - this.#position);
    into.set(this.#bytes.subarray(this.#position, this.#position + count), offset);
    this.#position += count;
    if (count === 0) this.failure = this.#failsWith;
    return Promise.resolve(count);
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}
