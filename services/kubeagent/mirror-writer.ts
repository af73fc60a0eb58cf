import { Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import { FlowtapError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { MetricsOf } from '../runtime/metrics.ts';
import { batchOf } from './batch.ts';
import { DOUBT_MS } from './claim-times.ts';
import type { EventQueue, QueuedEvent } from './event-queue.ts';
import type { KUBEAGENT_METRICS } from './kubeagent-metrics.ts';
import type { MirrorStore } from './mirror-store.ts';
import { project } from './projection.ts';
import { isoTime } from './stored-object.ts';

export interface MirrorWriterOptions {
  readonly queue: EventQueue;
  readonly store: MirrorStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: MetricsOf<typeof KUBEAGENT_METRICS>;
  readonly skewMs: number;
  /** How long events may have been on their way. */
  readonly settleMs: number;
}

const MAX_BATCH_EVENTS = 1000;
const RETRY_MS = 200;
const MAX_RETRY_MS = 10_000;

/** Writes what the queue holds, in order, each batch until it is written. */
export class MirrorWriter {
  readonly #options: MirrorWriterOptions;
  readonly #listed = new Set<string>();

  constructor(options: MirrorWriterOptions) {
    this.#options = options;
  }

  /** Kinds of which a whole list is in the store. */
  get listedKinds(): ReadonlySet<string> {
    return this.#listed;
  }

  /** Until the signal is aborted. Throws a FlowtapError NOT_THE_WRITER when somebody else has become the writer. */
  async run(signal: AbortSignal): Promise<void> {
    const { queue } = this.#options;
    while (!signal.aborted) {
      const events = await queue.next(MAX_BATCH_EVENTS, signal);
      if (events.length === 0) return;
      await this.#writeUntilDone(events, signal);
      if (signal.aborted) return;
      queue.remove(events.length);
    }
  }

  async #writeUntilDone(events: readonly QueuedEvent[], signal: AbortSignal): Promise<void> {
    const { clock, log, metrics } = this.#options;
    const backoff = new Backoff(RETRY_MS, MAX_RETRY_MS);
    while (!signal.aborted) {
      const startMs = clock.now();
      try {
        const addresses = await this.#write(events);
        metrics.changedAddresses.add(addresses);
        metrics.writes.observe((clock.now() - startMs) / 1000);
        return;
      } catch (error) {
        if (!(error instanceof FlowtapError) || error.code === 'NOT_THE_WRITER') throw error;
        if (error.code === 'POSTGRES_FAILED' && events.length > 1)
          return await this.#writeOneByOne(events, signal);
        metrics.writeFailures.add(1);
        if (error.code === 'POSTGRES_FAILED' && events[0].event.type !== 'replace') {
          // It would be refused for ever, and keep back all others.
          metrics.refusedObjects.add(1, { kind: events[0].resource.kind });
          log.error(
            { error, kind: events[0].resource.kind },
            'the database refuses an object, which is left out',
          );
          return;
        }
        const waitMs = backoff.next();
        log.warn({ error, waitMs: Math.round(waitMs) }, 'writing failed, will be tried again');
        await clock.sleep(waitMs, signal);
      }
    }
  }

  async #writeOneByOne(events: readonly QueuedEvent[], signal: AbortSignal): Promise<void> {
    for (const event of events) await this.#writeUntilDone([event], signal);
  }

  async #write(events: readonly QueuedEvent[]): Promise<number> {
    const { store, skewMs, settleMs } = this.#options;
    const [{ resource, event, atMs }] = events;
    if (event.type !== 'replace') {
      const writes = batchOf(events, skewMs, settleMs);
      return writes.length === 0 ? 0 : await store.write(writes);
    }
    const sighting = { atMs, isLive: false, isGone: false };
    const addresses = await store.replace({
      kind: resource.kind,
      objects: event.objects.map((object) => project(resource, object, sighting, skewMs)),
      seenAt: isoTime(atMs),
      doubtTo: isoTime(atMs + DOUBT_MS),
    });
    this.#listed.add(resource.kind);
    return addresses;
  }
}
