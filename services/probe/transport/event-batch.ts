import type { BlockDeflater } from './block-deflater.ts';
import type { BlockPool } from './block-pool.ts';
import type { DeflatedBlock } from './gzip-blocks.ts';

/** Lines on their way into one delivery. They are compressed as they come, so that little of them is held. */
export class EventBatch {
  readonly openedMs: number;
  events = 0;
  eventBytes = 0;
  readonly #deflater: BlockDeflater;
  readonly #pool: BlockPool;
  readonly #blocks: Promise<DeflatedBlock>[] = [];
  #open: Uint8Array | undefined;
  #openBytes = 0;
  #compressing = 0;

  constructor(deflater: BlockDeflater, pool: BlockPool, nowMs: number) {
    this.#deflater = deflater;
    this.#pool = pool;
    this.openedMs = nowMs;
  }

  /** Bytes that wait to be compressed. */
  get uncompressedBytes(): number {
    return this.#openBytes + this.#compressing;
  }

  /** Takes a copy of whole lines. */
  add(lines: Uint8Array, events: number): void {
    this.events += events;
    this.eventBytes += lines.length;
    for (let from = 0; from < lines.length; ) {
      this.#open ??= this.#pool.take();
      const some = lines.subarray(from, from + this.#open.length - this.#openBytes);
      this.#open.set(some, this.#openBytes);
      this.#openBytes += some.length;
      from += some.length;
      if (this.#openBytes === this.#open.length) this.#compress();
    }
  }

  /** No more lines come; resolves with all of them. */
  async finish(): Promise<readonly DeflatedBlock[]> {
    this.#compress();
    return await Promise.all(this.#blocks);
  }

  #compress(): void {
    if (this.#open === undefined) return;
    const whole = this.#open;
    const bytes = whole.subarray(0, this.#openBytes);
    this.#open = undefined;
    this.#openBytes = 0;
    this.#compressing += bytes.length;
    const block = this.#deflater.deflate(bytes).finally(() => {
      this.#compressing -= bytes.length;
      this.#pool.give(whole);
    });
    // Whoever finishes the batch hears of a failure.
    block.catch(() => undefined);
    this.#blocks.push(block);
  }
}
