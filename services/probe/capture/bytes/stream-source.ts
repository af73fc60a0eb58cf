import type { Readable } from 'node:stream';
import type { ByteSource, SourceFailure } from './byte-source.ts';
import { readFailure } from './byte-source.ts';

/** The bytes of a stream (standard input, a named pipe), in chunks of any size. Owns the stream. */
export class StreamSource implements ByteSource {
  failure: SourceFailure | undefined;
  readonly #stream: Readable;
  readonly #signal: AbortSignal | undefined;
  #ended: boolean;
  #wake: (() => void) | undefined;

  /** @param signal ends a read that waits for a peer which sends nothing */
  constructor(stream: Readable, signal?: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    this.#ended = stream.readableEnded || stream.destroyed;
    stream.on('readable', () => this.#wake?.());
    stream.on('end', this.#end);
    stream.on('close', this.#end);
    stream.on('error', (error) => {
      this.failure = readFailure(error);
      this.#end();
    });
    signal?.addEventListener('abort', this.#end);
    if (signal?.aborted) this.#ended = true;
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    for (;;) {
      // read(0) gives nothing, but asks for more.
      const chunk: Uint8Array | null = this.#stream.read(Math.min(this.#stream.readableLength, length));
      if (chunk !== null) {
        into.set(chunk, offset);
        return chunk.length;
      }
      if (this.#ended) return 0;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#end);
    this.#stream.destroy();
    this.#end();
    return Promise.resolve();
  }

  readonly #end = (): void => {
    this.#ended = true;
    this.#wake?.();
  };
}
