import type { Delivery, DeliveryFacts } from './delivery.ts';
import type { DeliveryCounts } from './delivery-counts.ts';
import { countDropped } from './delivery-counts.ts';
import type { QueuedDelivery, QueueEntry } from './queue-entry.ts';
import { countedBytes, queueEntry, spooledEntry } from './queue-entry.ts';
import type { Spool, SpooledDelivery } from './spool.ts';

export interface DeliveryQueueOptions {
  /** Of bodies in memory. */
  readonly maxMemoryBytes: number;
  readonly spool: Spool | undefined;
  readonly maxSpoolBytes: number;
  readonly counts: DeliveryCounts;
  readonly onSpoolFailure: (error: unknown) => void;
  readonly onDropped: (facts: DeliveryFacts) => void;
}

/**
 * Deliveries in the order of their age, in memory or in a spool, of bounded size: where there is no room, the oldest one
 * that is not being sent is dropped and counted. With a spool, a body is in memory until its file is written, or for
 * good where that fails.
 */
export class DeliveryQueue {
  readonly #options: DeliveryQueueOptions;
  readonly #entries: QueueEntry[] = [];
  #memoryBytes = 0;
  #spoolBytes = 0;
  #taken = 0;
  /** File operations one after the other. */
  #filing: Promise<void> = Promise.resolve();
  #change = Promise.withResolvers<void>();

  constructor(options: DeliveryQueueOptions) {
    this.#options = options;
  }

  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  get spoolBytes(): number {
    return this.#spoolBytes;
  }

  /** Deliveries that wait or are being sent. */
  get length(): number {
    return this.#entries.length;
  }

  get events(): number {
    return this.#entries.reduce((sum, { facts }) => sum + facts.events, 0);
  }

  /** Resolves at the next change. */
  get changed(): Promise<void> {
    return this.#change.promise;
  }

  /** Takes up what earlier runs left in the spool. */
  async recover(): Promise<void> {
    const { spool, counts, onSpoolFailure } = this.#options;
    try {
      const found = await spool?.open();
      counts.spoolCorruptBatches += found?.unfinished ?? 0;
      for (const file of found?.left ?? []) {
        this.#entries.push(spooledEntry(file));
        this.#spoolBytes += file.facts.bodyBytes;
        counts.recoveredBatches++;
        counts.recoveredEvents += file.facts.events;
      }
      this.#makeRoom();
    } catch (error) {
      onSpoolFailure(error);
    }
    this.#changed();
  }

  /** Adds the newest. A header alone makes those before it superfluous: its counters are newer. */
  add(delivery: Delivery): void {
    if (delivery.events === 0) this.#removeHeadersThatWait();
    const entry = this.#entryOf(delivery);
    this.#entries.push(entry);
    this.#makeRoom();
    this.#file(entry);
    this.#changed();
  }

  /** Drops what must go before so many more bytes have room in memory: what is added then can tell of it. */
  makeRoomFor(bytes: number): void {
    const { maxMemoryBytes } = this.#options;
    this.#dropOldestWhile(
      () => this.#memoryBytes + bytes > maxMemoryBytes,
      (entry) => countedBytes(entry) > 0,
    );
  }

  /** Puts parts in the place of a whole that was taken. */
  replace(whole: QueuedDelivery, parts: readonly Delivery[]): void {
    const index = this.#entries.indexOf(whole as QueueEntry);
    const entries = parts.map((part) => this.#entryOf(part));
    this.#entries.splice(index + 1, 0, ...entries);
    for (const entry of entries) this.#file(entry);
    this.done(whole);
  }

  /** The oldest that waits. The final one waits for all others. */
  take(): QueuedDelivery | undefined {
    const entry = this.#entries.find(({ isTaken }) => !isTaken);
    if (entry === undefined || (entry.facts.isFinal && this.#taken > 0)) return undefined;
    entry.isTaken = true;
    this.#taken++;
    return entry;
  }

  get hasWaiting(): boolean {
    return this.#entries.length > this.#taken;
  }

  /** The body of a delivery that was taken; undefined where its file is damaged or gone. */
  async bodyOf(delivery: QueuedDelivery): Promise<Uint8Array | undefined> {
    const { body, file } = delivery as QueueEntry;
    return body ?? (file === undefined ? undefined : await this.#options.spool?.read(file));
  }

  /** It could not be sent: it waits again, in its old place. */
  putBack(delivery: QueuedDelivery): void {
    (delivery as QueueEntry).isTaken = false;
    this.#taken--;
    this.#makeRoom();
    this.#changed();
  }

  /** A delivery that was taken needs not be kept any more. */
  done(delivery: QueuedDelivery): void {
    this.#taken--;
    this.#remove(delivery as QueueEntry);
    this.#changed();
  }

  /** Waits for the spool's files; what is in memory only is dropped and counted. Nothing may be taken any more. */
  async close(): Promise<void> {
    await this.#filing;
    for (const entry of this.#entries.filter(({ file }) => file === undefined)) this.#drop(entry);
    await this.#filing;
  }

  #entryOf(delivery: Delivery): QueueEntry {
    const entry = queueEntry(delivery);
    this.#memoryBytes += countedBytes(entry);
    return entry;
  }

  #removeHeadersThatWait(): void {
    const superfluous = this.#entries.filter(
      ({ facts, file, isTaken }) => facts.events === 0 && file === undefined && !isTaken,
    );
    for (const entry of superfluous) this.#remove(entry);
  }

  #makeRoom(): void {
    this.makeRoomFor(0);
    this.#dropOldestWhile(
      () => this.#spoolBytes > this.#options.maxSpoolBytes,
      ({ file }) => file !== undefined,
    );
  }

  #dropOldestWhile(isFull: () => boolean, matches: (entry: QueueEntry) => boolean): void {
    while (isFull()) {
      const oldest = this.#entries.find((entry) => !entry.isTaken && matches(entry));
      if (oldest === undefined) return;
      this.#drop(oldest);
    }
  }

  #drop(entry: QueueEntry): void {
    const { counts, onDropped } = this.#options;
    const { facts, file } = entry;
    if (facts.events > 0) {
      countDropped(counts, file === undefined ? 'queue' : 'spool', facts);
      onDropped(facts);
    }
    this.#remove(entry);
  }

  #remove(entry: QueueEntry): void {
    const index = this.#entries.indexOf(entry);
    if (index < 0) return;
    this.#entries.splice(index, 1);
    entry.isGone = true;
    this.#forgetBody(entry);
    if (entry.file !== undefined) this.#unlink(entry.file);
  }

  #forgetBody(entry: QueueEntry): void {
    this.#memoryBytes -= countedBytes(entry);
    entry.body = undefined;
  }

  /** Headers alone are not worth a file, except the last one. */
  #file(entry: QueueEntry): void {
    const { spool, counts, onSpoolFailure } = this.#options;
    const { facts } = entry;
    if (spool === undefined || (facts.events === 0 && !facts.isFinal)) return;
    this.#filing = this.#filing.then(async () => {
      if (entry.body === undefined) return;
      try {
        const file = await spool.write(facts, entry.body);
        this.#spoolBytes += file.facts.bodyBytes;
        // It may have been sent, or dropped, while it was written.
        if (entry.isGone) return this.#unlink(file);
        entry.file = file;
        this.#forgetBody(entry);
        this.#makeRoom();
      } catch (error) {
        counts.spoolFailedWrites++;
        onSpoolFailure(error);
      }
    });
  }

  #unlink(file: SpooledDelivery): void {
    this.#spoolBytes -= file.facts.bodyBytes;
    this.#filing = this.#filing
      .then(() => this.#options.spool?.remove(file.name))
      .catch(this.#options.onSpoolFailure);
  }

  #changed(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }
}
