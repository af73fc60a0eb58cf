import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { TemporaryFolder } from '../fixtures/temporary-folder.ts';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** What the kernel gives back when the reader of a full pipe has read so much (PAGE_SIZE). */
export const PAGE_BYTES = 4096;

const FILLER = Buffer.alloc(PAGE_BYTES, '.');

/** A named pipe whose ends this process holds; neither of them waits. */
export class Pipe implements Disposable {
  readonly path: string;
  readonly writer: number;
  readonly #reader: number;
  readonly #folder = new TemporaryFolder();
  readonly #open: Set<number>;

  constructor() {
    this.path = this.#folder.newPath();
    execFileSync('mkfifo', [this.path]);
    this.#reader = openSync(this.path, O_RDONLY | O_NONBLOCK);
    this.writer = openSync(this.path, O_WRONLY | O_NONBLOCK);
    this.#open = new Set([this.#reader, this.writer]);
  }

  /** Fills it with dots, page by page, and says how many bytes it holds. */
  fill(): number {
    let bytes = 0;
    try {
      for (;;) bytes += writeSync(this.writer, FILLER);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      return bytes;
    }
  }

  /** What is in it, at most so many bytes. */
  read(maxBytes: number): Buffer {
    const bytes = Buffer.alloc(maxBytes);
    try {
      return bytes.subarray(0, readSync(this.#reader, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      return bytes.subarray(0, 0);
    }
  }

  /** All that is in it, without the dots of `fill`. */
  readText(): string {
    const pieces: Buffer[] = [];
    for (let piece = this.read(1 << 20); piece.length > 0; piece = this.read(1 << 20)) pieces.push(piece);
    return Buffer.concat(pieces).toString('latin1').replaceAll('.', '');
  }

  closeReader(): void {
    this.#close(this.#reader);
  }

  /** Leaves the reading to another process, and waits until that has opened the pipe. */
  leaveToOtherReader(): void {
    this.closeReader();
    // fifo(7): opening one end waits for the other.
    closeSync(openSync(this.path, O_WRONLY));
  }

  [Symbol.dispose](): void {
    for (const descriptor of [this.#reader, this.writer]) this.#close(descriptor);
    this.#folder.remove();
  }

  #close(descriptor: number): void {
    if (this.#open.delete(descriptor)) closeSync(descriptor);
  }
}
