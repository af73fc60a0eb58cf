import type { DeliveryCounts } from './delivery-counts.ts';
import type { DeliveryOutcome } from './delivery-outcome.ts';
import { outcomeOf } from './delivery-outcome.ts';
import type { DeliveryQueue } from './delivery-queue.ts';
import type { MutedLog } from './muted-log.ts';
import type { Pacing } from './pacing.ts';
import type { QueuedDelivery } from './queue-entry.ts';
import type { Receiver, ReceiverAnswer } from './receiver.ts';
import { splitDelivery } from './split-delivery.ts';

export interface DeliverySenderOptions {
  readonly queue: DeliveryQueue;
  readonly receiver: Receiver;
  readonly pacing: Pacing;
  readonly counts: DeliveryCounts;
  readonly log: MutedLog;
  readonly now: () => number;
  readonly maxInFlight: number;
  readonly compressionLevel: number;
  /** A batch of so many bytes was more than the receiver takes at once. */
  readonly onTooLarge: (eventBytes: number) => void;
}

const NOT_REACHED = 'the receiver cannot be reached; deliveries are kept and tried again';
const UNAUTHORISED =
  "the receiver does not accept this probe's token or certificate; deliveries are kept and tried again";
const SLOWED = 'the receiver asks for fewer deliveries; they are kept and tried again';
const FAILED = 'the receiver cannot take deliveries now; they are kept and tried again';
const REFUSED = 'the receiver refused a delivery, which is dropped';
const RECOVERED = 'the receiver takes deliveries again';

/** Sends what is queued, oldest first, a few at once, until the signal. */
export class DeliverySender {
  readonly #options: DeliverySenderOptions;
  readonly #tried = new WeakSet<QueuedDelivery>();

  constructor(options: DeliverySenderOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const workers = Array.from({ length: this.#options.maxInFlight }, () => this.#work(signal));
    await Promise.all(workers);
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { queue, pacing } = this.#options;
    while (!signal.aborted) {
      const { changed } = queue;
      if (!queue.hasWaiting) {
        await changedOrAborted(changed, signal);
        continue;
      }
      if (!(await pacing.turn(signal))) return;
      const { changed: next } = queue;
      const delivery = queue.take();
      if (delivery !== undefined) await this.#attempt(delivery, signal);
      else {
        pacing.passed();
        if (queue.hasWaiting) await changedOrAborted(next, signal);
      }
    }
  }

  async #attempt(delivery: QueuedDelivery, signal: AbortSignal): Promise<void> {
    const { queue, receiver, pacing, counts, log, now } = this.#options;
    const body = await queue.bodyOf(delivery);
    if (body === undefined) {
      counts.spoolCorruptBatches++;
      counts.spoolCorruptEvents += delivery.facts.events;
      queue.done(delivery);
      pacing.passed();
      return;
    }
    if (this.#tried.has(delivery)) counts.retriedBatches++;
    this.#tried.add(delivery);
    let answer: ReceiverAnswer;
    try {
      answer = await receiver.send(body, signal);
    } catch (error) {
      queue.putBack(delivery);
      if (signal.aborted) return pacing.passed();
      counts.unansweredAttempts++;
      log.warn({ error }, NOT_REACHED);
      return pacing.failed();
    }
    await this.#settle(delivery, body, outcomeOf(answer, now()));
  }

  async #settle(delivery: QueuedDelivery, body: Uint8Array, outcome: DeliveryOutcome): Promise<void> {
    const { queue, pacing, counts, log } = this.#options;
    switch (outcome.kind) {
      case 'delivered':
        counts.deliveredBatches++;
        counts.deliveredEvents += delivery.facts.events;
        counts.deliveredBytes += body.length;
        counts.rejectedEvents += outcome.rejected;
        counts.duplicateEvents += outcome.duplicates;
        queue.done(delivery);
        return this.#answered();
      case 'too_large':
        await this.#split(delivery, body);
        return this.#answered();
      case 'refused':
        this.#refuse(delivery, outcome.reason);
        return this.#answered();
      case 'unauthorised':
        counts.unauthorisedAttempts++;
        log.warn({ reason: outcome.reason }, UNAUTHORISED);
        queue.putBack(delivery);
        return pacing.failed();
      case 'slow_down':
        counts.slowedAttempts++;
        log.warn({ reason: outcome.reason }, SLOWED);
        queue.putBack(delivery);
        return pacing.slowDown(outcome.delayMs);
      case 'failed':
        counts.failedAttempts++;
        log.warn({ reason: outcome.reason }, FAILED);
        queue.putBack(delivery);
        return pacing.failed();
    }
  }

  /** The receiver works, whatever it said. */
  #answered(): void {
    const { pacing, log } = this.#options;
    if (pacing.isFailing) {
      log.info({}, RECOVERED);
      for (const message of [NOT_REACHED, UNAUTHORISED, SLOWED, FAILED]) log.settle(message);
    }
    pacing.succeeded();
  }

  async #split(delivery: QueuedDelivery, body: Uint8Array): Promise<void> {
    const { queue, counts, compressionLevel, onTooLarge } = this.#options;
    const { facts } = delivery;
    if (facts.events < 2) return this.#refuse(delivery, 'answer 413: it is too large, and cannot be split');
    onTooLarge(facts.eventBytes);
    try {
      const parts = await splitDelivery(facts, body, compressionLevel);
      counts.splitBatches++;
      queue.replace(delivery, parts);
    } catch (error) {
      this.#refuse(delivery, `answer 413, and it cannot be split: ${(error as Error).message}`);
    }
  }

  #refuse(delivery: QueuedDelivery, reason: string): void {
    const { queue, counts, log } = this.#options;
    counts.refusedBatches++;
    counts.refusedEvents += delivery.facts.events;
    log.warn({ reason, 'flowtap.events': delivery.facts.events }, REFUSED);
    queue.done(delivery);
  }
}

async function changedOrAborted(changed: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => resolve();
  signal.addEventListener('abort', wake);
  await Promise.race([changed, promise]);
  signal.removeEventListener('abort', wake);
}
