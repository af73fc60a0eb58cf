import { hostname } from 'node:os';
import { eventsAreOff } from '../../resolver/conntrack/event-setting.ts';
import { Resolver } from '../../resolver/resolver.ts';
import { RESOLVER_METRICS } from '../../resolver/resolver-metrics.ts';
import { trimService } from '../../resolver/services/trim-service.ts';
import type { ConfigOf } from '../../runtime/config.ts';
import { byteSize, duration, integer, oneOf } from '../../runtime/config-values.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import { connectKubernetes } from '../../runtime/kubernetes/connect.ts';
import { ListWatch } from '../../runtime/kubernetes/list-watch.ts';
import { ListWatchStates } from '../../runtime/kubernetes/list-watch-observer.ts';
import { MemcachedCache } from '../../runtime/memcached/memcached-cache.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_SUCCESS } from '../exit-codes.ts';
import { startService } from '../service.ts';
import { KUBERNETES_SETTINGS } from './kubernetes-settings.ts';
import { MEMCACHED_SETTINGS } from './memcached-settings.ts';
import { METERING_SETTINGS } from './metering-settings.ts';
import { SERVICE_SETTINGS } from './service-settings.ts';

export const RESOLVER_SETTINGS = {
  ...MEMCACHED_SETTINGS,
  ...KUBERNETES_SETTINGS,
  communityIdSeed: METERING_SETTINGS.communityIdSeed,
  translate: {
    flag: '--translate <scope>',
    env: 'FLOWTAP_TRANSLATE',
    parse: oneOf('all', 'services'),
    default: 'all',
    doc: 'which translations are kept: all that this node makes (also of host ports, and of masquerading), or only those of services',
  },
  ttlMs: {
    flag: '--ttl <duration>',
    env: 'FLOWTAP_TTL',
    parse: duration(10_000),
    default: '1h',
    doc: 'how long memcached keeps the translation of a living connection, which is refreshed before',
  },
  endedTtlMs: {
    flag: '--ended-ttl <duration>',
    env: 'FLOWTAP_ENDED_TTL',
    parse: duration(1000),
    default: '3m',
    doc: 'how long it is kept when the connection has ended: longer than a window and the delivery of its records',
  },
  resyncIntervalMs: {
    flag: '--resync-interval <duration>',
    env: 'FLOWTAP_RESYNC_INTERVAL',
    parse: duration(1000),
    default: '15m',
    doc: 'how often the whole connection table is read to refresh what lives; at most half of --ttl',
  },
  receiveBufferBytes: {
    flag: '--receive-buffer <size>',
    env: 'FLOWTAP_RECEIVE_BUFFER',
    parse: byteSize(4096),
    default: '32MiB',
    doc: 'memory of the kernel for events that are not read yet, about 1 KiB each; when it is full, events are lost and the table is read',
  },
  maxQueued: {
    flag: '--max-queued <count>',
    env: 'FLOWTAP_MAX_QUEUED',
    parse: integer(1000, 10_000_000),
    default: '100000',
    doc: 'translations that wait for memcached, about 700 bytes each; beyond, the oldest are dropped and counted',
  },
  ...SERVICE_SETTINGS,
} as const;

export type ResolverConfig = ConfigOf<typeof RESOLVER_SETTINGS>;

/** How soon a restart of memcached is noticed. */
const CANARY_INTERVAL_MS = 5000;

/** How long the names of services are waited for at the start, before connections are translated without. */
const SERVICES_WAIT_MS = 30_000;

/** How long what is queued is still written at the end. */
const DRAIN_MS = 5000;

/** `flowtap resolver`: translates the connections of this node until the signal. */
export async function runResolverCommand(config: ResolverConfig, context: CommandContext): Promise<number> {
  const servers = config.memcached;
  if (servers === undefined || servers.length === 0) {
    throw invalid(
      '--memcached (FLOWTAP_MEMCACHED) must name the memcached servers that translations are written to.',
    );
  }
  if (config.resyncIntervalMs * 2 > config.ttlMs) {
    throw invalid('--resync-interval (FLOWTAP_RESYNC_INTERVAL) must be at most half of --ttl (FLOWTAP_TTL).');
  }
  const { clock, signal, version } = context;
  const connection = connectKubernetes({
    kubeconfig: config.kubeconfig,
    context: config.context,
    userAgent: `flowtap-resolver/${version}`,
  });
  const service = await startService('resolver', config, context);
  const { log, readiness } = service;
  const metrics = service.metrics.define(RESOLVER_METRICS);
  const cache = new MemcachedCache(servers, {
    clock,
    log,
    timeoutMs: config.memcachedTimeoutMs,
    observer: { failed: (cause, operations) => metrics.cacheFailures.add(operations, { cause }) },
  });
  let resolver: Resolver | undefined;
  try {
    resolver = new Resolver({
      cache,
      services: new ListWatch({
        api: connection.api,
        clock,
        log,
        observer: new ListWatchStates(clock),
        trim: trimService,
      }),
      clock,
      log,
      metrics,
      seed: config.communityIdSeed,
      nodeName: hostname(),
      servicesOnly: config.translate === 'services',
      ttlSeconds: Math.round(config.ttlMs / 1000),
      endedTtlSeconds: Math.round(config.endedTtlMs / 1000),
      resyncIntervalMs: config.resyncIntervalMs,
      receiveBufferBytes: config.receiveBufferBytes,
      maxQueued: config.maxQueued,
      canaryIntervalMs: CANARY_INTERVAL_MS,
      servicesWaitMs: SERVICES_WAIT_MS,
      drainMs: DRAIN_MS,
    });
    const noEvents = eventsAreOff();
    if (noEvents !== undefined)
      log.warn({ reason: noEvents }, 'connections are only found when the table is read');
    readiness.add('connection table', () => resolver?.tableNotRead);
    readiness.add('services', () => resolver?.servicesNotSynced);
    log.info({ 'kubernetes.server': connection.server, servers: servers.length }, 'translating connections');
    await resolver.run(signal);
    return EXIT_SUCCESS;
  } finally {
    resolver?.close();
    cache.close();
    connection.api.close();
    await service.close();
  }
}

function invalid(message: string): FlowtapError {
  return new FlowtapError('CONFIG_INVALID', 'config', message);
}
