import { writeSync } from 'node:fs';
import { FlowtapError } from '../../runtime/errors.ts';

/** How long to wait for a full pipe before trying again. */
const FULL_PIPE_WAIT_MS = 2;

/**
 * Writes to a file descriptor and returns when everything is written, so that memory stays bounded by the reader's
 * pace. A reader that has gone away closes the output; that is no error.
 */
export class DescriptorOutput {
  /** The reader has closed its end; what is written from now on is thrown away. */
  isClosed = false;
  readonly #descriptor: number;
  readonly #turn: Int32Array | undefined;
  readonly #sleep = new Int32Array(new SharedArrayBuffer(4));

  /** @param turn a shared cell (0 at first) that lets several threads write blocks to one descriptor */
  constructor(descriptor: number, turn?: Int32Array) {
    this.#descriptor = descriptor;
    this.#turn = turn;
  }

  /** Writes the first `length` bytes as one block, whole lines if they are. */
  write(bytes: Uint8Array, length: number): void {
    if (this.isClosed) return;
    const turn = this.#turn;
    if (turn !== undefined) takeTurn(turn);
    try {
      this.#writeAll(bytes, length);
    } finally {
      if (turn !== undefined) passTurn(turn);
    }
  }

  #writeAll(bytes: Uint8Array, length: number): void {
    let written = 0;
    while (written < length) {
      try {
        written += writeSync(this.#descriptor, bytes, written, length - written);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EPIPE') {
          this.isClosed = true;
          return;
        }
        if (code !== 'EAGAIN') {
          const message = `Records cannot be written: ${(error as Error).message}`;
          throw new FlowtapError('OUTPUT_FAILED', 'output', message, { cause: error });
        }
        Atomics.wait(this.#sleep, 0, 0, FULL_PIPE_WAIT_MS);
      }
    }
  }
}

function takeTurn(turn: Int32Array): void {
  while (Atomics.compareExchange(turn, 0, 0, 1) !== 0) Atomics.wait(turn, 0, 1);
}

function passTurn(turn: Int32Array): void {
  Atomics.store(turn, 0, 0);
  Atomics.notify(turn, 0, 1);
}
