/** What is compressed at once: more compresses no better, and all of it is held twice for a moment. */
const BLOCK_BYTES = 128 * 1024;

/** Beyond, blocks are left to the garbage collector, which takes its time. */
const MAX_FREE_BLOCKS = 8;

/** Memory for lines that wait to be compressed, used again and again: a window's lines are many times as much. */
export class BlockPool {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  /** Nobody uses it any more. */
  give(block: Uint8Array): void {
    if (this.#free.length < MAX_FREE_BLOCKS) this.#free.push(block);
  }
}
