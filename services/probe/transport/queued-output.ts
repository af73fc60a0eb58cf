import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { BlockOutput } from './ndjson-output.ts';

/** How long to wait for a full pipe before trying again. */
const FULL_PIPE_WAIT_MS = 2;

const NEWLINE = 0x0a;

/**
 * For a pipe, another descriptor of it that answers EAGAIN when the pipe is full, in place of waiting; others who share
 * the first one see no change. For anything else the descriptor itself: files take what they get, and a socket's
 * reader can hold the program up.
 */
export function reopenNonBlocking(descriptor: number): number {
  try {
    if (!fstatSync(descriptor).isFIFO()) return descriptor;
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return descriptor;
  }
}

export interface QueuedOutputStatistics {
  /** Lines thrown away because the reader was too slow, and because it had gone away. */
  readonly overflowedLines: number;
  readonly unwantedLines: number;
}

/**
 * Writes blocks of lines to a descriptor that does not wait (`reopenNonBlocking`), so that a slow reader never holds up
 * a capture. What cannot be written at once waits in a bounded queue; what that cannot take is dropped and counted.
 */
export class QueuedOutput implements BlockOutput {
  /** The reader has closed its end. */
  isClosed = false;
  /** Why writing had to be given up: a full disk, for one. */
  failure: Error | undefined;
  readonly #descriptor: number;
  readonly #sleep: (ms: number) => Promise<void>;
  /** A ring; its memory is touched only as far as the queue grows. */
  readonly #queue: Uint8Array;
  #start = 0;
  #queuedBytes = 0;
  #overflowedLines = 0;
  #unwantedLines = 0;
  #writing: Promise<void> | undefined;

  constructor(descriptor: number, maxQueuedBytes: number, sleep: (ms: number) => Promise<void>) {
    this.#descriptor = descriptor;
    this.#sleep = sleep;
    this.#queue = new Uint8Array(maxQueuedBytes);
  }

  get statistics(): QueuedOutputStatistics {
    return {
      overflowedLines: this.#overflowedLines,
      unwantedLines: this.#unwantedLines,
    };
  }

  write(bytes: Uint8Array, length: number): void {
    const written = this.#queuedBytes === 0 ? this.#tryToWrite(bytes, 0, length) : 0;
    if (written === length) return;
    // The first line may have been written in part; its rest follows from the queue.
    const rest = bytes.subarray(written, length);
    if (this.isClosed || this.failure !== undefined) {
      this.#unwantedLines += countLines(rest);
    } else if (this.#queuedBytes + rest.length > this.#queue.length) {
      this.#overflowedLines += countLines(rest);
    } else {
      this.#enqueue(rest);
      this.#writing ??= this.#writeQueue();
    }
  }

  /** The queue is more than half full: better wait before producing more. */
  get isBusy(): boolean {
    return this.#queuedBytes * 2 > this.#queue.length;
  }

  /** Waits until the queue is written, or the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    while (this.#writing !== undefined && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = (): void => resolve();
      signal.addEventListener('abort', wake);
      await Promise.race([this.#writing, promise]);
      signal.removeEventListener('abort', wake);
    }
  }

  /** Gives up what could not be written: its lines count as dropped for a slow reader. */
  close(): void {
    this.#overflowedLines += this.#takeQueuedLines();
  }

  #enqueue(block: Uint8Array): void {
    const queue = this.#queue;
    const end = (this.#start + this.#queuedBytes) % queue.length;
    const first = Math.min(block.length, queue.length - end);
    queue.set(block.subarray(0, first), end);
    queue.set(block.subarray(first), 0);
    this.#queuedBytes += block.length;
  }

  async #writeQueue(): Promise<void> {
    const queue = this.#queue;
    while (this.#queuedBytes > 0 && !this.isClosed && this.failure === undefined) {
      await this.#sleep(FULL_PIPE_WAIT_MS);
      const length = Math.min(this.#queuedBytes, queue.length - this.#start);
      const written = this.#tryToWrite(queue, this.#start, length);
      this.#start = (this.#start + written) % queue.length;
      this.#queuedBytes -= written;
    }
    this.#unwantedLines += this.#takeQueuedLines();
    this.#start = 0;
    this.#writing = undefined;
  }

  /** Gives how many bytes the descriptor took before it was full or broken. */
  #tryToWrite(bytes: Uint8Array, offset: number, length: number): number {
    let written = 0;
    while (written < length && !this.isClosed && this.failure === undefined) {
      try {
        written += writeSync(this.#descriptor, bytes, offset + written, length - written);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EAGAIN') return written;
        if (code === 'EPIPE') this.isClosed = true;
        else this.failure = error as Error;
      }
    }
    return written;
  }

  /** Empties the queue and says how many lines were in it. */
  #takeQueuedLines(): number {
    const toEnd = Math.min(this.#queuedBytes, this.#queue.length - this.#start);
    const lines =
      countLines(this.#queue.subarray(this.#start, this.#start + toEnd)) +
      countLines(this.#queue.subarray(0, this.#queuedBytes - toEnd));
    this.#queuedBytes = 0;
    return lines;
  }
}

function countLines(block: Uint8Array): number {
  let lines = 0;
  for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
