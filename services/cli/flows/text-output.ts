import { once } from 'node:events';
import { FlowtapError } from '../../runtime/errors.ts';

/**
 * Text for standard output at the pace of its reader, so that memory stays bounded. A reader that has gone away, such as
 * `head`, is no error: `closed` tells.
 */
export class TextOutput {
  readonly #stream: NodeJS.WriteStream;
  readonly #gone = new AbortController();
  #failure: Error | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on('error', this.#onError);
  }

  /** Aborted when nobody reads any more. */
  get closed(): AbortSignal {
    return this.#gone.signal;
  }

  /** Resolves when there is room for more. Throws a FlowtapError OUTPUT_FAILED. */
  async write(text: string): Promise<void> {
    if (this.closed.aborted || text === '') return this.#check();
    if (!this.#stream.write(text))
      await once(this.#stream, 'drain', { signal: this.closed }).catch(() => undefined);
    this.#check();
  }

  /** Waits until all is written. */
  async flush(): Promise<void> {
    if (this.closed.aborted) return this.#check();
    await new Promise<void>((resolve) => this.#stream.write('', () => resolve()));
    this.#check();
  }

  #check(): void {
    if (this.#failure === undefined) return;
    const message = `The output cannot be written: ${this.#failure.message}`;
    throw new FlowtapError('OUTPUT_FAILED', 'output', message, { cause: this.#failure });
  }

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') this.#failure = error;
    this.#gone.abort(error);
  };
}
