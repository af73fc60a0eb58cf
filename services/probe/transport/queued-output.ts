import { write } from 'node:fs';
import { promisify } from 'node:util';
import type { BlockOutput } from './ndjson-output.ts';

const writeDescriptor = promisify(write);

/** How long to wait for a full pipe before trying again. */
const FULL_PIPE_WAIT_MS = 20;

const NEWLINE = 0x0a;

export interface QueuedOutputStatistics {
  readonly queuedBytes: number;
  /** Lines thrown away because the reader was too slow, and because it had gone away. */
  readonly overflowedLines: number;
  readonly unwantedLines: number;
}

/**
 * Writes blocks of lines to a file descriptor in the background, so that a slow reader never holds up a capture. What
 * the bounded queue cannot take is dropped and counted.
 */
export class QueuedOutput implements BlockOutput {
  /** The reader has closed its end. */
  isClosed = false;
  /** Why writing had to be given up: a full disk, for one. */
  failure: Error | undefined;
  readonly #descriptor: number;
  readonly #maxQueuedBytes: number;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #overflowedLines = 0;
  #unwantedLines = 0;
  #writing: Promise<void> | undefined;

  constructor(descriptor: number, maxQueuedBytes: number, sleep: (ms: number) => Promise<void>) {
    this.#descriptor = descriptor;
    this.#maxQueuedBytes = maxQueuedBytes;
    this.#sleep = sleep;
  }

  get statistics(): QueuedOutputStatistics {
    return {
      queuedBytes: this.#queuedBytes,
      overflowedLines: this.#overflowedLines,
      unwantedLines: this.#unwantedLines,
    };
  }

  write(bytes: Uint8Array, length: number): void {
    const block = bytes.subarray(0, length);
    if (this.isClosed || this.failure !== undefined) {
      this.#unwantedLines += countLines(block);
    } else if (this.#queuedBytes + length > this.#maxQueuedBytes) {
      this.#overflowedLines += countLines(block);
    } else {
      this.#queue.push(block.slice());
      this.#queuedBytes += length;
      this.#writing ??= this.#writeQueue();
    }
  }

  /** Waits until the queue is written, or the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    while (this.#writing !== undefined && !signal.aborted) {
      const aborted = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([this.#writing, aborted]);
    }
  }

  async #writeQueue(): Promise<void> {
    for (let block = this.#queue.shift(); block !== undefined; block = this.#queue.shift()) {
      await this.#writeBlock(block);
      this.#queuedBytes -= block.length;
    }
    this.#writing = undefined;
  }

  async #writeBlock(block: Uint8Array): Promise<void> {
    let written = 0;
    while (written < block.length && !this.isClosed && this.failure === undefined) {
      try {
        const result = await writeDescriptor(this.#descriptor, block, written, block.length - written);
        written += result.bytesWritten;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EAGAIN') await this.#sleep(FULL_PIPE_WAIT_MS);
        else if (code === 'EPIPE') this.isClosed = true;
        else this.failure = error as Error;
      }
    }
    if (written < block.length) this.#unwantedLines += countLines(block.subarray(written));
  }
}

function countLines(block: Uint8Array): number {
  let lines = 0;
  for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
