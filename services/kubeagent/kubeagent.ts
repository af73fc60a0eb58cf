import type { Clock } from '../runtime/clock.ts';
import type { ListWatchState } from '../runtime/kubernetes/list-watch-observer.ts';
import type { ObjectSource } from '../runtime/kubernetes/object-source.ts';
import type { ResourceKind } from '../runtime/kubernetes/resource-kind.ts';
import type { Logger } from '../runtime/logger.ts';
import type { MetricsOf } from '../runtime/metrics.ts';
import { retryWhileUnavailable } from '../runtime/postgres/retry-while-unavailable.ts';
import type { Sql } from '../runtime/postgres/sql.ts';
import { EventQueue } from './event-queue.ts';
import type { KUBEAGENT_METRICS } from './kubeagent-metrics.ts';
import { MirrorStore } from './mirror-store.ts';
import { MirrorWriter } from './mirror-writer.ts';
import { MIRRORED_KINDS } from './projection.ts';
import { removeClosedRows } from './remove-closed-rows.ts';
import { reportProgress } from './report-progress.ts';

export interface KubeagentOptions {
  readonly sql: Sql;
  readonly source: ObjectSource;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: MetricsOf<typeof KUBEAGENT_METRICS>;
  /** Who writes, for whoever looks into the database. */
  readonly holder: string;
  /** How long what is gone is kept. */
  readonly keepMs: number;
  /** By how much clocks of nodes may differ from this one's. */
  readonly skewMs: number;
  /** How long nodes may take to tell the API server what happened. */
  readonly settleMs: number;
  readonly maxQueuedEvents: number;
  /** How the list-watch of a kind does; without it each is taken to be in step. */
  readonly stateOf?: (resource: ResourceKind) => Readonly<ListWatchState>;
}

/** Keeps the state store in step with the cluster while this process is the one that writes it. */
export class Kubeagent {
  readonly #options: KubeagentOptions;
  #writer: MirrorWriter | undefined;
  #queue: EventQueue | undefined;

  constructor(options: KubeagentOptions) {
    this.#options = options;
    // Once: whoever leads again and again would keep the queue of each time.
    options.metrics.queuedEvents.read(() => this.#queue?.length ?? 0);
  }

  /** The kinds that are not in the store yet; undefined while this process does not write. */
  get missingKinds(): readonly string[] | undefined {
    const listed = this.#writer?.listedKinds;
    return listed && MIRRORED_KINDS.map(({ kind }) => kind).filter((kind) => !listed.has(kind));
  }

  /** Mirrors until the signal is aborted. Throws a FlowtapError NOT_THE_WRITER when somebody else has become the writer. */
  async run(signal: AbortSignal): Promise<void> {
    const { sql, metrics, maxQueuedEvents } = this.#options;
    const stopping = new AbortController();
    const ending = AbortSignal.any([signal, stopping.signal]);
    const store = new MirrorStore(sql);
    const queue = new EventQueue(maxQueuedEvents);
    const writer = new MirrorWriter({ ...this.#options, queue, store });
    try {
      await this.#begin(store, ending);
      this.#writer = writer;
      metrics.leader.set(1);
      this.#queue = queue;
      const parts = [
        writer.run(ending),
        reportProgress({ ...this.#options, store, queue, writer }, ending),
        removeClosedRows({ ...this.#options, store }, ending),
        ...MIRRORED_KINDS.map((resource) => this.#follow(resource, queue, ending)),
      ];
      // The first that ends, ends all.
      for (const part of parts) void part.catch(() => undefined).then(() => stopping.abort());
      const failed = (await Promise.allSettled(parts)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
    } finally {
      this.#writer = undefined;
      this.#queue = undefined;
      metrics.leader.set(0);
    }
  }

  async #begin(store: MirrorStore, signal: AbortSignal): Promise<void> {
    const { holder, clock, log } = this.#options;
    const kinds = MIRRORED_KINDS.map(({ kind }) => kind);
    await retryWhileUnavailable(() => store.begin(holder, kinds), { clock, log, signal });
  }

  async #follow(resource: ResourceKind, queue: EventQueue, signal: AbortSignal): Promise<void> {
    const { source, clock, metrics, log } = this.#options;
    const { kind } = resource;
    for await (const event of source.watch(resource, signal)) {
      if (signal.aborted) return;
      if (event.type === 'bookmark') continue;
      metrics.events.add(1, { kind, type: event.type });
      if (event.type === 'replace') {
        metrics.objects.set(event.objects.length, { kind });
        log.info({ kind, objects: event.objects.length }, 'listed');
      }
      await queue.add({ resource, event, atMs: clock.now() }, signal);
    }
  }
}
