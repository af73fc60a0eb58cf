import type { BlockDeflater } from './block-deflater.ts';
import { BlockPool } from './block-pool.ts';
import { EventBatch } from './event-batch.ts';
import type { BlockOutput } from './ndjson-output.ts';

export interface BatchLimits {
  /** Of event lines, uncompressed. */
  readonly maxBytes: number;
  readonly maxEvents: number;
}

export interface BatchCollectorOptions extends BatchLimits {
  readonly deflater: BlockDeflater;
  readonly now: () => number;
  /** A batch got its first event. */
  readonly onOpened: (batch: EventBatch) => void;
  /** A batch is full, or was asked for. */
  readonly onClosed: (batch: EventBatch) => void;
}

const NEWLINE = 0x0a;

/** Lines that wait to be compressed; the sweep of a window waits for less (`isBusy`), so this is for the unforeseen. */
const MAX_UNCOMPRESSED_BYTES = 4 * 1024 * 1024;
const BUSY_BYTES = 512 * 1024;

/** A receiver that wants less is not worth pleasing. */
const LEAST_MAX_BYTES = 16 * 1024;

/** Collects event lines into batches of bounded size. */
export class BatchCollector implements BlockOutput {
  /** Events that came so far, dropped ones included. */
  events = 0;
  /** Events dropped because they came faster than they can be compressed. */
  overrunEvents = 0;
  readonly #options: BatchCollectorOptions;
  readonly #pool = new BlockPool();
  #maxBytes: number;
  #batch: EventBatch | undefined;
  /** Closed, but still being compressed. */
  readonly #finishing = new Set<EventBatch>();

  constructor(options: BatchCollectorOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes;
  }

  /** Better wait before producing more. */
  get isBusy(): boolean {
    return this.#uncompressedBytes > BUSY_BYTES;
  }

  /** The batch that takes events now. */
  get open(): EventBatch | undefined {
    return this.#batch;
  }

  /** Takes a copy of whole lines. */
  write(bytes: Uint8Array, length: number): void {
    if (this.#uncompressedBytes > MAX_UNCOMPRESSED_BYTES) {
      const events = countLines(bytes.subarray(0, length));
      this.events += events;
      this.overrunEvents += events;
      return;
    }
    for (let start = 0; start < length; ) {
      const { end, events } = this.#fitting(bytes, start, length);
      this.events += events;
      if (events > 0) this.#add(bytes.subarray(start, end), events);
      if (end < length) this.close();
      start = end;
    }
  }

  /** Closes the batch, if there is one. */
  close(): void {
    const batch = this.take();
    if (batch !== undefined) this.#options.onClosed(batch);
  }

  /** Closes the batch and gives it, if there is one, without telling `onClosed`. */
  take(): EventBatch | undefined {
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch !== undefined) this.#finishing.add(batch);
    return batch;
  }

  /** A closed batch is compressed. */
  finished(batch: EventBatch): void {
    this.#finishing.delete(batch);
  }

  /** A batch of so many bytes was too large for the receiver: from now on they are smaller. */
  tooLarge(bytes: number): void {
    this.#maxBytes = Math.max(LEAST_MAX_BYTES, Math.min(this.#maxBytes, Math.floor(bytes / 2)));
  }

  get #uncompressedBytes(): number {
    let bytes = this.#batch?.uncompressedBytes ?? 0;
    for (const batch of this.#finishing) bytes += batch.uncompressedBytes;
    return bytes;
  }

  #add(lines: Uint8Array, events: number): void {
    const isFirst = this.#batch === undefined;
    this.#batch ??= new EventBatch(this.#options.deflater, this.#pool, this.#options.now());
    this.#batch.add(lines, events);
    if (isFirst) this.#options.onOpened(this.#batch);
    if (this.#batch.eventBytes >= this.#maxBytes || this.#batch.events >= this.#options.maxEvents)
      this.close();
  }

  /** The lines from `start` on that the batch has room for; one at least where it is empty. */
  #fitting(
    bytes: Uint8Array,
    start: number,
    length: number,
  ): { readonly end: number; readonly events: number } {
    const room = this.#maxBytes - (this.#batch?.eventBytes ?? 0);
    const roomForEvents = this.#options.maxEvents - (this.#batch?.events ?? 0);
    let end = start;
    let events = 0;
    while (end < length && events < roomForEvents) {
      const next = bytes.indexOf(NEWLINE, end) + 1 || length;
      const isFirst = this.#batch === undefined && events === 0;
      if (next - start > room && !isFirst) break;
      end = next;
      events++;
    }
    return { end, events };
  }
}

function countLines(block: Uint8Array): number {
  let lines = 0;
  for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
