import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { EnrichedDocument } from '../document/enriched-document.ts';
import { outcomeOf } from './bulk-outcome.ts';
import type { BulkEntry, WriteCall } from './bulk-queue.ts';
import { BulkQueue, bulkEntries, settle } from './bulk-queue.ts';
import type { BulkItem, BulkTarget } from './bulk-target.ts';
import type { DocumentIndex, Unavailability, WriteOutcome } from './document-index.ts';
import type { IndexMetrics } from './index-metrics.ts';

export interface BulkLimits {
  /** A bulk request is sent when it has as much as this … */
  readonly maxBulkBytes: number;
  readonly maxBulkDocuments: number;
  /** … or its first document has waited so long. */
  readonly maxDelayMs: number;
  /** Bulk requests at once. */
  readonly concurrency: number;
  /** Documents that wait or are on their way. */
  readonly maxQueuedBytes: number;
  /** After so long without an outcome the sender is told to come again. */
  readonly timeoutMs: number;
}

export interface BulkIndexOptions {
  readonly target: BulkTarget;
  readonly limits: BulkLimits;
  readonly metrics: IndexMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 10_000;

/** While nothing is tried nobody finds out that the index is back, so no server may ask for a longer wait. */
const MAX_RETRY_AFTER_MS = 60_000;

/**
 * Gathers the documents of concurrent requests into good bulk requests, and sends what the index could not take again
 * until it has an outcome, the caller gives up, or the time is over.
 */
export class BulkIndex implements DocumentIndex {
  readonly #options: BulkIndexOptions;
  readonly #stop = new AbortController();
  readonly #workers = new Set<Promise<void>>();
  readonly #queue = new BulkQueue();
  #heldBytes = 0;
  #isDelaying = false;
  readonly #failureBackoff = new Backoff(FIRST_BACKOFF_MS, MAX_BACKOFF_MS);
  #failure: { readonly reason: string; readonly untilMs: number } | undefined;

  constructor(options: BulkIndexOptions) {
    this.#options = options;
    options.metrics.queuedBytes.read(() => this.#heldBytes);
  }

  unavailable(): Unavailability | undefined {
    if (this.#failure === undefined) return undefined;
    const retryAfterMs = this.#failure.untilMs - this.#options.clock.now();
    return retryAfterMs > 0 ? { reason: this.#failure.reason, retryAfterMs } : undefined;
  }

  async write(documents: readonly EnrichedDocument[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const { metrics, limits, clock } = this.#options;
    const call: WriteCall = { outcomes: [], open: documents.length, done: new AbortController() };
    const entries = bulkEntries(documents, call);
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    // A single batch larger than the bound passes while nothing else waits.
    const isFull = this.#heldBytes > 0 && this.#heldBytes + bytes > limits.maxQueuedBytes;
    if (isFull) metrics.queueRefusals.add(documents.length);
    else if (documents.length > 0 && !this.#stop.signal.aborted) {
      this.#queue.add(entries);
      this.#heldBytes += bytes;
      this.#pump();
      const ending = AbortSignal.any([call.done.signal, signal, this.#stop.signal]);
      await clock.sleep(limits.timeoutMs, ending);
      if (call.open > 0) this.#giveUp(call);
      this.#heldBytes -= bytes;
    }
    const reason = isFull
      ? 'too much waits for the index'
      : (this.#failure?.reason ?? 'the index took too long');
    return this.#counted(documents.map((_, place) => call.outcomes[place] ?? { kind: 'retry', reason }));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#workers);
  }

  #counted(outcomes: readonly WriteOutcome[]): readonly WriteOutcome[] {
    for (const kind of ['created', 'duplicate', 'rejected', 'retry'] as const) {
      const count = outcomes.filter((outcome) => outcome.kind === kind).length;
      if (count > 0) this.#options.metrics.documents.add(count, { outcome: kind });
    }
    return outcomes;
  }

  #giveUp(call: WriteCall): void {
    call.done.abort();
    this.#queue.remove(call);
  }

  #pump(isDue = false): void {
    const { maxBulkBytes, maxBulkDocuments, maxDelayMs, concurrency } = this.#options.limits;
    let mayWait = !isDue;
    while (this.#queue.length > 0 && this.#workers.size < concurrency) {
      const isFull = this.#queue.bytes >= maxBulkBytes || this.#queue.length >= maxBulkDocuments;
      if (!isFull && mayWait) {
        this.#pumpAfter(maxDelayMs);
        return;
      }
      mayWait = true;
      const worker = this.#send(this.#queue.take(maxBulkDocuments, maxBulkBytes)).finally(() => {
        this.#workers.delete(worker);
        // What came while all were busy has waited long enough.
        this.#pump(true);
      });
      this.#workers.add(worker);
    }
  }

  #pumpAfter(delayMs: number): void {
    if (this.#isDelaying) return;
    this.#isDelaying = true;
    void this.#options.clock.sleep(delayMs, this.#stop.signal).then(() => {
      this.#isDelaying = false;
      this.#pump(true);
    });
  }

  async #send(entries: readonly BulkEntry[]): Promise<void> {
    const { target, metrics, clock } = this.#options;
    const stop = this.#stop.signal;
    const backoff = new Backoff(FIRST_BACKOFF_MS, MAX_BACKOFF_MS);
    let left = entries;
    while (true) {
      left = left.filter(({ call }) => !call.done.signal.aborted);
      if (left.length === 0 || stop.aborted) return;
      const startMs = clock.now();
      const answer = await target.send(
        left.map(({ document }) => document),
        stop,
      );
      metrics.bulkSeconds.observe((clock.now() - startMs) / 1000);
      metrics.bulkDocuments.observe(left.length);
      let waitMs = 0;
      if (answer.kind === 'too_large') {
        metrics.bulks.add(1, { result: 'too_large' });
        return this.#split(left, answer.reason);
      }
      if (answer.kind === 'failed') {
        metrics.bulks.add(1, { result: 'failed' });
        waitMs = this.#failed(answer.reason, answer.retryAfterMs);
      } else {
        const open = this.#settle(left, answer.items);
        metrics.bulks.add(1, { result: open.length === 0 ? 'done' : 'partial' });
        left = open;
        if (open.length === 0) return;
        waitMs = backoff.next();
      }
      await clock.sleep(waitMs, stop);
    }
  }

  async #split(entries: readonly BulkEntry[], reason: string): Promise<void> {
    if (entries.length === 1) {
      settle(entries[0], { kind: 'rejected', type: 'request_too_large', reason });
      return;
    }
    const middle = entries.length >> 1;
    await this.#send(entries.slice(0, middle));
    await this.#send(entries.slice(middle));
  }

  /** The entries that have to be sent again. */
  #settle(entries: readonly BulkEntry[], items: readonly BulkItem[]): BulkEntry[] {
    const open: BulkEntry[] = [];
    let blocked: string | undefined;
    for (const [index, entry] of entries.entries()) {
      const item = items[index];
      const outcome = outcomeOf(item, entry.innerErrors);
      if (outcome.kind !== 'retry') {
        settle(entry, outcome);
        continue;
      }
      if (item.status >= 500) entry.innerErrors++;
      this.#options.metrics.itemRetries.add(1, { status: String(item.status) });
      blocked = outcome.reason;
      open.push(entry);
    }
    // Where it took nothing at all, others need not try now.
    if (blocked !== undefined && open.length === entries.length) this.#failed(blocked, undefined);
    else this.#recovered();
    return open;
  }

  /** How long to wait before trying again. */
  #failed(reason: string, retryAfterMs: number | undefined): number {
    const { clock, log } = this.#options;
    const waitMs = Math.max(Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS), this.#failureBackoff.next());
    if (this.#failure?.reason !== reason) {
      log.warn({ reason }, 'the index takes no documents; they are kept and tried again');
    }
    this.#failure = { reason, untilMs: clock.now() + waitMs };
    return waitMs;
  }

  #recovered(): void {
    if (this.#failure === undefined) return;
    this.#options.log.info('the index takes documents again');
    this.#failureBackoff.reset();
    this.#failure = undefined;
  }
}
