import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../runtime/clock.ts';
import { FlowtapError } from '../runtime/errors.ts';
import type { ObjectSource } from '../runtime/kubernetes/object-source.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Cache } from '../runtime/memcached/cache.ts';
import type { MetricsOf } from '../runtime/metrics.ts';
import { CONNECTION_KINDS, ConnectionTally } from './connection-tally.ts';
import { dumpConntrack } from './conntrack/conntrack-dump.ts';
import { ConntrackEvents } from './conntrack/conntrack-events.ts';
import type { RESOLVER_METRICS } from './resolver-metrics.ts';
import type { ResyncReason } from './resync.ts';
import { Resync } from './resync.ts';
import { ServiceIndex } from './services/service-index.ts';
import { watchServices } from './services/watch-services.ts';
import { Intake } from './translate/intake.ts';
import { CacheCanary } from './write/cache-canary.ts';
import { TranslationWriter } from './write/translation-writer.ts';

export interface ResolverOptions {
  readonly cache: Cache;
  readonly services: ObjectSource;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: MetricsOf<typeof RESOLVER_METRICS>;
  /** Of the Community IDs, the same as the probes'. */
  readonly seed: number;
  /** Tells this node from others. */
  readonly nodeName: string;
  readonly servicesOnly: boolean;
  readonly ttlSeconds: number;
  /** For connections that have ended: longer than a window and the delivery of its records. */
  readonly endedTtlSeconds: number;
  /** At least twice in a time to live. */
  readonly resyncIntervalMs: number;
  readonly receiveBufferBytes: number;
  /** The network namespace whose connections are translated, where it is not this process's. */
  readonly networkNamespace?: string | undefined;
  readonly maxQueued: number;
  readonly canaryIntervalMs: number;
  /** How long the first reading of the table waits for the services' names. */
  readonly servicesWaitMs: number;
  /** How long what is queued is still written at the end. */
  readonly drainMs: number;
}

/** Keys that events may write while the table is read; more, and it is read again. */
const MOST_CHANGED = 1_000_000;

/** Reasons to read the table that are no news. */
const EXPECTED: ReadonlySet<ResyncReason> = new Set(['start', 'interval']);

const SERVICES_POLL_MS = 50;

/**
 * Reads the kernel's connection table, and writes into the cache what each translated connection really is. The table
 * itself is the memory: nothing is kept here of a connection. What must be written again (to live on, after a loss) is
 * read again.
 */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #events: ConntrackEvents;
  readonly #index: ServiceIndex;
  readonly #intake: Intake;
  readonly #writer: TranslationWriter;
  readonly #resync: Resync;
  readonly #canary: CacheCanary;
  readonly #tally = new ConnectionTally();
  #isTableRead = false;

  /** Listens from now on. Throws NET_ADMIN_MISSING or CONNTRACK_UNAVAILABLE. */
  constructor(options: ResolverOptions) {
    const { cache, clock, metrics, maxQueued } = options;
    this.#options = options;
    this.#events = new ConntrackEvents(options);
    this.#index = new ServiceIndex(clock);
    this.#resync = new Resync({
      clock,
      intervalMs: options.resyncIntervalMs,
      read: (reasons, signal) => this.#readTable(reasons, signal),
    });
    this.#writer = new TranslationWriter({
      cache,
      clock,
      maxEntries: maxQueued,
      onGap: () => this.#resync.request('queue_overflow'),
      observer: {
        written: (lagMs) => {
          metrics.written.add(1);
          metrics.writeLag.observe(lagMs / 1000);
        },
        failed: (entries) => metrics.rewrites.add(entries),
        dropped: (entries) => metrics.dropped.add(entries, { cause: 'overflow' }),
      },
    });
    this.#intake = new Intake({
      ...options,
      services: this.#index,
      put: (translation, ttlSeconds) => this.#writer.put(translation, ttlSeconds),
    });
    this.#canary = new CacheCanary({
      cache,
      clock,
      name: options.nodeName,
      intervalMs: options.canaryIntervalMs,
      onLoss: () => this.#resync.request('cache_lost'),
    });
    this.#showGauges();
  }

  /** Why it cannot do its work; undefined when it can. */
  get tableNotRead(): string | undefined {
    return this.#isTableRead ? undefined : 'the connection table is not read yet';
  }

  /** As above, of the services. */
  get servicesNotSynced(): string | undefined {
    return this.#index.isSynced ? undefined : 'the list of services is not read yet';
  }

  /** Translations that wait for the cache. */
  get queued(): number {
    return this.#writer.length;
  }

  /** Works until the signal is aborted, then writes what is left. Rejects where the table cannot be read. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const ending = AbortSignal.any([signal, ended.signal]);
    const tasks = [
      this.#events.run(this.#sink(), ending),
      this.#writer.run(ending),
      this.#canary.run(ending),
      this.#resync.run(ending),
      this.#firstReading(ending),
      watchServices(this.#options.services, this.#index, () => this.#resync.request('services'), ending),
    ];
    try {
      await Promise.all(tasks);
    } finally {
      ended.abort();
      await Promise.allSettled(tasks);
      await this.#writer.drain(AbortSignal.timeout(this.#options.drainMs));
      if (this.#writer.length > 0)
        this.#options.metrics.dropped.add(this.#writer.length, { cause: 'shutdown' });
    }
  }

  close(): void {
    this.#events.close();
  }

  #sink(): Parameters<ConntrackEvents['run']>[0] {
    const { metrics, ttlSeconds, endedTtlSeconds } = this.#options;
    return {
      created: (entry) => {
        metrics.events.add(1, { type: 'created' });
        if (this.#intake.take(entry, ttlSeconds, 'created')) this.#tally.add(entry, 1);
      },
      destroyed: (entry) => {
        metrics.events.add(1, { type: 'destroyed' });
        if (this.#intake.take(entry, endedTtlSeconds, 'destroyed')) this.#tally.add(entry, -1);
      },
      overrun: () => {
        metrics.overruns.add(1);
        this.#resync.request('overrun');
      },
      malformed: () => metrics.malformed.add(1),
    };
  }

  /** Connections are named by their services, so these come first; but not for ever. */
  async #firstReading(signal: AbortSignal): Promise<void> {
    const { clock, servicesWaitMs, log } = this.#options;
    const untilMs = clock.now() + servicesWaitMs;
    while (!signal.aborted && !this.#index.isSynced && clock.now() < untilMs) {
      await clock.sleep(SERVICES_POLL_MS, signal);
    }
    if (signal.aborted) return;
    if (!this.#index.isSynced) log.warn('the list of services is late: connections are not named for now');
    this.#resync.request('start');
  }

  async #readTable(reasons: readonly ResyncReason[], signal: AbortSignal): Promise<boolean> {
    const { clock, metrics, log, ttlSeconds } = this.#options;
    for (const reason of reasons) metrics.resyncs.add(1, { reason });
    if (reasons.some((reason) => !EXPECTED.has(reason)))
      log.info({ reasons }, 'reading the connection table again');
    const startMs = clock.now();
    const tally = new ConnectionTally();
    this.#intake.beginReading();
    const tooLong = new AbortController();
    let isWhole = false;
    try {
      isWhole = await dumpConntrack(
        {
          entry: (entry) => {
            if (this.#intake.take(entry, ttlSeconds, 'resync')) tally.add(entry, 1);
          },
          malformed: () => metrics.malformed.add(1),
          ready: async () => {
            if (this.#intake.changedCount > MOST_CHANGED) tooLong.abort();
            await this.#writer.room(signal);
            await nextTurn();
          },
        },
        AbortSignal.any([signal, tooLong.signal]),
        this.#options.networkNamespace,
      );
    } catch (error) {
      // What worked before may work again: memory was short.
      if (!this.#isTableRead || !isPassing(error)) throw error;
      log.warn({ error }, 'the connection table could not be read, will be tried again');
    } finally {
      this.#intake.endReading();
    }
    const seconds = (clock.now() - startMs) / 1000;
    metrics.resyncSeconds.observe(seconds);
    if (!isWhole) return signal.aborted;
    this.#tally.replaceWith(tally);
    this.#isTableRead = true;
    metrics.lastResync.set(clock.now() / 1000);
    log.debug({ reasons, seconds }, 'the connection table was read');
    return true;
  }

  #showGauges(): void {
    const { metrics } = this.#options;
    metrics.queued.read(() => this.#writer.length);
    for (const kind of CONNECTION_KINDS) {
      metrics.connections.read(() => this.#tally.count(kind), { ...kind });
    }
    metrics.services.read(() => this.#index.serviceCount);
    metrics.lostEvents.read(() => this.#events.memory.drops);
    metrics.unreadBytes.read(() => this.#events.memory.unreadBytes);
    metrics.receiveBufferBytes.read(() => this.#events.memory.bufferBytes);
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof FlowtapError && error.code === 'NETLINK_FAILED';
}
