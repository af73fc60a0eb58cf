import type { FileHandle } from 'node:fs/promises';
import type { ByteSource, SourceFailure } from './byte-source.ts';
import { readFailure } from './byte-source.ts';

/** The bytes of an open file, from its current position on. Owns the handle. */
export class FileSource implements ByteSource {
  failure: SourceFailure | undefined;
  readonly #handle: FileHandle;
  #closing: Promise<void> | undefined;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    if (this.#closing !== undefined) return 0;
    try {
      return (await this.#handle.read(into, offset, length, null)).bytesRead;
    } catch (error) {
      this.failure = readFailure(error);
      return 0;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#handle.close();
    return this.#closing;
  }
}
