import koffi from 'koffi';

/**
 * Waits until a descriptor is readable, on the event loop (epoll): no thread waits, so closing never races with a
 * pending wait. The descriptor stays its owner's, who closes it after this.
 */
export class DescriptorReadiness {
  readonly #descriptor: number;
  #handle: ReturnType<typeof koffi.node.poll> | undefined;
  #finish: ((ready: boolean) => void) | undefined;
  #closed = false;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /**
   * Resolves with true when the descriptor is readable (or in error), with false after `timeoutMs`, or when `wake`
   * or `close` is called. One wait at a time: a second one ends the first.
   */
  wait(timeoutMs: number): Promise<boolean> {
    this.wake();
    if (this.#closed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#finish?.(false), timeoutMs);
      this.#finish = (ready) => {
        this.#finish = undefined;
        clearTimeout(timer);
        this.#handle?.stop();
        resolve(ready);
      };
      this.#start(() => this.#finish?.(true));
    });
  }

  /**
   * Calls `onReadable` whenever the descriptor is readable (or in error), until `wait` or `close` is called: cheaper
   * than many waits.
   */
  watch(onReadable: () => void): void {
    this.wake();
    if (!this.#closed) this.#start(onReadable);
  }

  /** Ends a pending wait with false. */
  wake(): void {
    this.#finish?.(false);
  }

  close(): void {
    if (this.#closed) return;
    this.wake();
    this.#closed = true;
    this.#handle?.close();
    this.#handle = undefined;
  }

  #start(onReadable: () => void): void {
    if (this.#handle === undefined) this.#handle = koffi.node.poll(this.#descriptor, onReadable);
    else this.#handle.start(onReadable);
  }
}
