import type { FlowBatchHeader, ProbeIdentity } from '../../core/flow-batch.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { FlowtapError } from '../../runtime/errors.ts';
import { BatchCollector } from './batch-collector.ts';
import { BlockDeflater } from './block-deflater.ts';
import type { DeliveryCounts } from './delivery-counts.ts';
import { countDropped } from './delivery-counts.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { DeliverySender } from './delivery-sender.ts';
import type { EventBatch } from './event-batch.ts';
import { deflatedBytes, gzipOf } from './gzip-blocks.ts';
import type { MutedLog } from './muted-log.ts';
import type { BlockOutput } from './ndjson-output.ts';
import { Pacing } from './pacing.ts';
import type { Receiver } from './receiver.ts';
import { headerLine } from './split-delivery.ts';
import type { Spool } from './spool.ts';

/** What a user can set of the delivery. */
export interface DeliverySettings {
  readonly batchBytes: number;
  readonly batchEvents: number;
  readonly batchDelayMs: number;
  readonly compressionLevel: number;
  readonly maxInFlight: number;
  readonly maxQueuedBytes: number;
  readonly maxSpoolBytes: number;
  readonly retryDelayMs: number;
  readonly maxRetryDelayMs: number;
  readonly maxRetryAfterMs: number;
  readonly heartbeatIntervalMs: number;
}

export interface DeliveryOutputOptions {
  readonly settings: DeliverySettings;
  readonly probe: ProbeIdentity;
  readonly receiver: Receiver;
  readonly spool: Spool | undefined;
  readonly counts: DeliveryCounts;
  /** For the header of each delivery. */
  readonly counters: () => Readonly<Record<string, number>>;
  /** For it too: why nothing is captured, if so. */
  readonly failure: () => FlowtapError | undefined;
  readonly clock: Clock;
  readonly log: MutedLog;
  readonly random: () => number;
}

/** About what a header takes, compressed. */
const HEADER_BYTES = 1024;

/** How often to look whether there is room. */
const ROOM_WAIT_MS = 2;

/**
 * Collects events into batches and sees that each is delivered or counted: the whole way from lines to requests. It
 * never throws and never waits for the receiver, whatever becomes of it.
 */
export class DeliveryOutput implements BlockOutput {
  readonly #options: DeliveryOutputOptions;
  readonly #deflater: BlockDeflater;
  readonly #collector: BatchCollector;
  readonly #queue: DeliveryQueue;
  readonly #pacing: Pacing;
  readonly #sender: DeliverySender;
  readonly #closing = new AbortController();
  readonly #stopped = new AbortController();
  #running: readonly Promise<void>[] = [];
  /** Batches are finished one after the other, so that their numbers follow their order. */
  #finishing: Promise<void> = Promise.resolve();
  #sequence = 0;
  #isHeartbeatDue = false;

  constructor(options: DeliveryOutputOptions) {
    const { settings, clock, log, counts, spool, receiver, random } = options;
    this.#options = options;
    this.#deflater = new BlockDeflater(settings.compressionLevel);
    this.#collector = new BatchCollector({
      maxBytes: settings.batchBytes,
      maxEvents: settings.batchEvents,
      deflater: this.#deflater,
      now: () => clock.now(),
      onOpened: (batch) => void this.#closeLater(batch),
      onClosed: (batch) => this.#enqueue(batch, false),
    });
    this.#queue = new DeliveryQueue({
      maxMemoryBytes: settings.maxQueuedBytes,
      maxSpoolBytes: settings.maxSpoolBytes,
      spool,
      counts,
      onSpoolFailure: (error) => log.warn({ error }, 'the spool cannot be used; deliveries stay in memory'),
      onDropped: ({ events }) =>
        log.warn({ 'flowtap.events': events }, 'a delivery is dropped, for want of room or time'),
    });
    this.#pacing = new Pacing({ ...settings, clock, random });
    this.#sender = new DeliverySender({
      queue: this.#queue,
      receiver,
      pacing: this.#pacing,
      counts,
      log,
      now: () => clock.now(),
      maxInFlight: settings.maxInFlight,
      compressionLevel: settings.compressionLevel,
      onTooLarge: (bytes) => this.#collector.tooLarge(bytes),
    });
  }

  /** Begins to deliver: first what earlier runs left in the spool, and then that this probe has started. */
  async start(): Promise<void> {
    await this.#queue.recover();
    this.heartbeat();
    this.#running = [this.#sender.run(this.#stopped.signal), this.#beat()];
  }

  /** Events that came, and those that came too fast to be compressed. */
  get received(): { readonly events: number; readonly overrunEvents: number } {
    const { events, overrunEvents } = this.#collector;
    return { events, overrunEvents };
  }

  /** What waits, or is being sent. */
  get waiting(): {
    readonly batches: number;
    readonly events: number;
    readonly memoryBytes: number;
    readonly spoolBytes: number;
  } {
    const { length, events, memoryBytes, spoolBytes } = this.#queue;
    return { batches: length, events, memoryBytes, spoolBytes };
  }

  write(bytes: Uint8Array, length: number): void {
    this.#collector.write(bytes, length);
  }

  /** Better wait before producing more. */
  get isBusy(): boolean {
    return this.#collector.isBusy;
  }

  /** Waits for room, or until the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    while (this.isBusy && !signal.aborted) await this.#options.clock.sleep(ROOM_WAIT_MS, signal);
  }

  /**
   * Tells the receiver that this was all, and tries until `graceMs` have passed to deliver what is left. The rest stays
   * in the spool, or is dropped and counted.
   */
  async close(graceMs: number): Promise<void> {
    const { clock, receiver } = this.#options;
    const grace = new AbortController();
    const graceOver = clock.sleep(graceMs, grace.signal);
    this.#closing.abort();
    this.#closeFinally();
    await this.#finishing;
    this.#pacing.hurry();
    let isOver = false;
    void graceOver.then(() => {
      isOver = true;
    });
    while (this.#queue.length > 0 && !isOver) await Promise.race([this.#queue.changed, graceOver]);
    grace.abort();
    this.#stopped.abort();
    await Promise.all(this.#running);
    await this.#queue.close();
    receiver.close();
    this.#deflater.close();
  }

  /** The last batch is the final one, or a header alone where there is none. */
  #closeFinally(): void {
    const batch = this.#collector.take();
    this.#enqueue(batch, true);
  }

  /** Tells the receiver at once how this probe is. */
  heartbeat(): void {
    this.#isHeartbeatDue = true;
    if (this.#collector.open === undefined) this.#enqueue(undefined, false);
    else this.#collector.close();
  }

  async #beat(): Promise<void> {
    const { clock, settings } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await clock.sleep(settings.heartbeatIntervalMs, signal);
      if (!signal.aborted) this.heartbeat();
    }
  }

  async #closeLater(batch: EventBatch): Promise<void> {
    const { clock, settings } = this.#options;
    await clock.sleep(settings.batchDelayMs, this.#closing.signal);
    if (this.#collector.open === batch && !this.#closing.signal.aborted) this.#collector.close();
  }

  #enqueue(batch: EventBatch | undefined, final: boolean): void {
    const heartbeat = this.#isHeartbeatDue || final;
    this.#isHeartbeatDue = false;
    this.#finishing = this.#finishing.then(() => this.#finish(batch, heartbeat, final));
  }

  async #finish(batch: EventBatch | undefined, heartbeat: boolean, final: boolean): Promise<void> {
    const { probe, counters, failure, clock, counts, log } = this.#options;
    const events = batch?.events ?? 0;
    const eventBytes = batch?.eventBytes ?? 0;
    try {
      const blocks = (await batch?.finish()) ?? [];
      if (events > 0) {
        this.#queue.makeRoomFor(blocks.reduce((sum, block) => sum + deflatedBytes(block), HEADER_BYTES));
      }
      const about = { sequence: ++this.#sequence, events, createdMs: clock.now() };
      const error = errorOf(failure());
      const line = headerLine({ version: 1, probe, ...about, heartbeat, final, error, counters: counters() });
      const header = await this.#deflater.deflate(line);
      this.#queue.add({ ...about, eventBytes, isFinal: final, body: gzipOf([header, ...blocks]) });
    } catch (error) {
      countDropped(counts, 'queue', { events, eventBytes });
      log.warn({ error }, 'a batch cannot be compressed, and is dropped');
    }
    if (batch !== undefined) this.#collector.finished(batch);
  }
}

function errorOf(failure: FlowtapError | undefined): FlowBatchHeader['error'] {
  return failure && { code: failure.code, message: failure.message };
}
