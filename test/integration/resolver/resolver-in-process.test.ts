import { beforeEach, describe, expect, test } from 'vitest';
import { natTranslationKey } from '../../../services/core/nat-translation.ts';
import { Resolver } from '../../../services/resolver/resolver.ts';
import { RESOLVER_METRICS } from '../../../services/resolver/resolver-metrics.ts';
import { systemClock } from '../../../services/runtime/clock.ts';
import { MemoryObjectSource } from '../../../services/runtime/kubernetes/memory-object-source.ts';
import { MapCache } from '../../../services/runtime/memcached/map-cache.ts';
import { MetricRegistry } from '../../../services/runtime/metrics.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';
import { PodNetwork } from '../pods/pod-network.ts';
import { PodProcess } from '../pods/pod-process.ts';
import { expectedTranslations, seenConnection } from './expected-translations.ts';
import { rigUnavailable } from './resolver-rig.ts';

const unavailable = rigUnavailable();
const IP = '10.96.5.1';

describe('a resolver in this process', () => {
  beforeEach((ctx) => {
    if (unavailable !== undefined) ctx.skip(unavailable);
  });

  test("reads another namespace's connections, into a map", async () => {
    using network = new PodNetwork();
    const [client, server] = [network.addPod('client'), network.addPod('server')];
    const [clientProcess, serverProcess] = [
      await PodProcess.start(client.namespace),
      await PodProcess.start(server.namespace),
    ];
    await serverProcess.serve(8080, 'server');
    network.addService({ ip: IP, protocol: 'tcp', port: 80, targetPort: 8080 }, [server]);
    const cache = new MapCache(systemClock, 1000);
    const stop = new AbortController();
    const resolver = new Resolver({
      cache,
      services: new MemoryObjectSource(),
      clock: systemClock,
      log: quietLogger(),
      metrics: new MetricRegistry().define(RESOLVER_METRICS),
      networkNamespace: `/run/netns/${network.node.name}`,
      seed: 0,
      nodeName: 'node',
      servicesOnly: false,
      ttlSeconds: 3600,
      endedTtlSeconds: 60,
      resyncIntervalMs: 60_000,
      receiveBufferBytes: 2 ** 20,
      maxQueued: 1000,
      canaryIntervalMs: 1000,
      servicesWaitMs: 1000,
      drainMs: 1000,
    });
    const ended = resolver.run(stop.signal);
    const [answer] = await clientProcess.call({
      protocol: 'tcp',
      ip: IP,
      port: 80,
      count: 1,
      requestBytes: 1,
    });
    const called = { ip: IP, port: 80 };
    const seen = seenConnection('tcp', client.ipv4, called, answer, { ip: server.ipv4, port: 8080 });
    const [id] = expectedTranslations(seen, undefined).keys();
    await expect
      .poll(() => cache.getMany([natTranslationKey(id)]))
      .toEqual([expect.stringContaining(server.ipv4)]);
    stop.abort();
    await ended;
    resolver.close();
    resolver.close();
    for (const process of [clientProcess, serverProcess]) await process.close();
  });
});
