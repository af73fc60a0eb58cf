import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, crc32, createDeflateRaw } from 'node:zlib';
import type { DeflatedBlock } from './gzip-blocks.ts';
import { MEMORY_LEVEL, WINDOW_BITS } from './gzip-blocks.ts';

/**
 * Compresses blocks one after the other, on another thread, with one compressor for all of them: a compressor is more
 * memory than what most blocks come to, and each thread that has had one keeps it.
 */
export class BlockDeflater {
  readonly #stream: ReturnType<typeof createDeflateRaw>;
  #output: Buffer[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #failure: Error | undefined;

  constructor(level: number) {
    this.#stream = createDeflateRaw({ level, windowBits: WINDOW_BITS, memLevel: MEMORY_LEVEL });
    this.#stream.on('data', (chunk: Buffer) => this.#output.push(chunk));
    this.#stream.on('error', (error) => {
      this.#failure = error;
    });
  }

  /** The block ends on a whole byte, and refers to nothing before it. `bytes` must stay as they are until then. */
  deflate(bytes: Uint8Array): Promise<DeflatedBlock> {
    const block = this.#last.then(() => this.#deflate(bytes));
    this.#last = block.catch(() => undefined);
    return block;
  }

  close(): void {
    this.#stream.destroy();
  }

  async #deflate(bytes: Uint8Array): Promise<DeflatedBlock> {
    this.#output = [];
    await new Promise<void>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const broken = (): void => reject(this.#failure ?? new Error('the compressor is closed'));
      this.#stream.once('close', broken);
      this.#stream.write(bytes);
      this.#stream.flush(constants.Z_FULL_FLUSH, () => {
        this.#stream.off('close', broken);
        resolve();
      });
    });
    while (this.#stream.readableLength > 0) await nextTurn();
    const deflated = this.#output;
    this.#output = [];
    return { deflated, crc: crc32(bytes), bytes: bytes.length };
  }
}
