// Runs a resolver in the namespace it is started in; the test tells it of services, and asks for its metrics. See running-resolver.ts.

import { Resolver } from '../../../services/resolver/resolver.ts';
import { RESOLVER_METRICS } from '../../../services/resolver/resolver-metrics.ts';
import { systemClock } from '../../../services/runtime/clock.ts';
import { MemoryObjectSource } from '../../../services/runtime/kubernetes/memory-object-source.ts';
import { SERVICES } from '../../../services/runtime/kubernetes/resource-kind.ts';
import { createLogger } from '../../../services/runtime/logger.ts';
import { MemcachedCache } from '../../../services/runtime/memcached/memcached-cache.ts';
import { MetricRegistry } from '../../../services/runtime/metrics.ts';
import { Terminal } from '../../../services/runtime/terminal.ts';
import type { ResolverOrder, ResolverSetup } from './running-resolver.ts';

const setup = JSON.parse(process.argv[2]) as ResolverSetup;
const log = createLogger({
  service: 'resolver',
  level: 'silent',
  clock: systemClock,
  terminal: new Terminal(process.stderr, {}),
});
const registry = new MetricRegistry();
const metrics = registry.define(RESOLVER_METRICS);
const services = new MemoryObjectSource();
for (const service of setup.services) services.apply(SERVICES, service);
const cache = new MemcachedCache(setup.memcached, {
  clock: systemClock,
  log,
  timeoutMs: 2000,
  observer: { failed: (cause, operations) => metrics.cacheFailures.add(operations, { cause }) },
});
const resolver = new Resolver({
  cache,
  services,
  clock: systemClock,
  log,
  metrics,
  seed: setup.seed,
  nodeName: `test-${process.pid}`,
  servicesOnly: setup.servicesOnly,
  ttlSeconds: setup.ttlSeconds,
  endedTtlSeconds: setup.endedTtlSeconds,
  resyncIntervalMs: setup.resyncIntervalMs,
  receiveBufferBytes: setup.receiveBufferBytes,
  maxQueued: setup.maxQueued,
  canaryIntervalMs: 100,
  servicesWaitMs: 5000,
  drainMs: 2000,
});
const stop = new AbortController();
const ended = resolver.run(stop.signal);

process.on('message', (order: ResolverOrder & { readonly id: number }) => {
  void carryOut(order).then((result) => process.send?.({ id: order.id, result }));
});
process.on('disconnect', () => process.exit(1));
process.send?.('ready');

async function carryOut(order: ResolverOrder): Promise<unknown> {
  switch (order.kind) {
    case 'metric':
      return await registry.value(order.name, order.labels);
    case 'state':
      return {
        isReady: resolver.tableNotRead === undefined,
        queued: resolver.queued,
        cpu: process.cpuUsage(),
      };
    case 'service':
      return services.apply(SERVICES, order.service);
    case 'hold': {
      // Holds this process up, so that events are not read.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.ms);
      return undefined;
    }
    case 'stop':
      stop.abort();
      await ended;
      resolver.close();
      cache.close();
      setTimeout(() => process.exit(0), 10);
      return undefined;
  }
}
