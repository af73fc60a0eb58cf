import { Enricher } from '../../enrichment/document/enrich-batch.ts';
import type { EnrichedDocument } from '../../enrichment/document/enriched-document.ts';
import { PostgresNameSource } from '../../enrichment/identify/postgres-name-source.ts';
import { INDEX_METRICS } from '../../enrichment/index/index-metrics.ts';
import { MemoryIndex } from '../../enrichment/index/memory-index.ts';
import { createAuthenticator } from '../../enrichment/receive/authenticator.ts';
import { RECEIVE_METRICS } from '../../enrichment/receive/receive-metrics.ts';
import { startEnrichment } from '../../enrichment/start-enrichment.ts';
import { Resolver } from '../../resolver/resolver.ts';
import { RESOLVER_METRICS } from '../../resolver/resolver-metrics.ts';
import type { Clock } from '../../runtime/clock.ts';
import { MemoryObjectSource } from '../../runtime/kubernetes/memory-object-source.ts';
import type { Logger } from '../../runtime/logger.ts';
import { MapCache } from '../../runtime/memcached/map-cache.ts';
import { CachedTranslationStore } from '../../runtime/memcached/translation-store.ts';
import { MetricRegistry } from '../../runtime/metrics.ts';
import { Readiness } from '../../runtime/readiness.ts';
import type { DemoState } from './demo-objects.ts';
import { applyDemoObjects } from './demo-objects.ts';
import { DEMO_FLOWS_PORT } from './demo-state.ts';
import { DemoTokens } from './demo-tokens.ts';
import { openStateStore } from './embedded-state-store.ts';

const MAX_DOCUMENTS = 10_000;
const POLL_MS = 50;
const MIB = 2 ** 20;

const LIMITS = {
  maxBodyBytes: 8 * MIB,
  maxLines: 20_000,
  maxLineBytes: MIB,
  maxInFlightBytes: 32 * MIB,
  maxConnections: 100,
  maxEventsPerSecond: undefined,
  requestTimeoutMs: 10_000,
  graceMs: 2000,
} as const;

export interface DemoServicesOptions {
  readonly state: DemoState;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly onReady: () => void;
  /** Told of each document that an index would get. */
  readonly onDocument: (document: EnrichedDocument) => void;
}

/**
 * kubeagent, resolver and enrichment in one process until the signal: PGlite is their PostgreSQL, a map their memcached,
 * memory their index, and a fixed list the cluster. They run in the network namespace of the node, as the resolver and
 * its connection table do in a cluster.
 */
export async function runDemoServices(options: DemoServicesOptions): Promise<void> {
  const { state, clock, log, signal } = options;
  const failed = new AbortController();
  const ending = AbortSignal.any([signal, failed.signal]);
  const metrics = new MetricRegistry();
  const source = new MemoryObjectSource();
  applyDemoObjects(source, state);
  const store = await openStateStore(source, { clock, log, signal: ending });
  const cache = new MapCache(clock, MAX_DOCUMENTS);
  const resolver = new Resolver({
    ...{ cache, services: source, clock, log, metrics: metrics.define(RESOLVER_METRICS) },
    seed: 0,
    nodeName: 'demo-node',
    servicesOnly: false,
    ttlSeconds: 3600,
    endedTtlSeconds: 60,
    resyncIntervalMs: 900_000,
    receiveBufferBytes: 4 * MIB,
    maxQueued: 10_000,
    canaryIntervalMs: 5000,
    servicesWaitMs: 5000,
    drainMs: 1000,
  });
  const enrichment = await startEnrichment({
    address: { host: undefined, port: DEMO_FLOWS_PORT },
    limits: LIMITS,
    authenticator: createAuthenticator({ authorities: [new DemoTokens(state.pods)], allowAnonymous: false }),
    enricher: new Enricher({
      clock,
      translations: new CachedTranslationStore(cache),
      names: new PostgresNameSource(store.sql),
      cluster: 'demo',
      settleMs: 0,
    }),
    index: new MemoryIndex(MAX_DOCUMENTS, options.onDocument),
    cluster: 'demo',
    namespace: 'default',
    receiveMetrics: metrics.define(RECEIVE_METRICS),
    indexMetrics: metrics.define(INDEX_METRICS),
    readiness: new Readiness(),
    clock,
    log,
  });
  const tasks = [store.ended, resolver.run(ending)];
  for (const task of tasks) task.catch(() => failed.abort());
  const isReady = (): boolean =>
    resolver.tableNotRead === undefined && resolver.servicesNotSynced === undefined;
  while (!ending.aborted && !isReady()) await clock.sleep(POLL_MS, ending);
  if (!ending.aborted) options.onReady();
  try {
    await Promise.all(tasks);
  } finally {
    await enrichment.close();
    resolver.close();
    cache.close();
    await store.close();
  }
}
