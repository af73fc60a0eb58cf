import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { natTranslationKey } from '../../../services/core/nat-translation.ts';
import { systemClock } from '../../../services/runtime/clock.ts';
import { MemcachedCache } from '../../../services/runtime/memcached/memcached-cache.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';
import { missingCommand } from '../missing-command.ts';
import { expectedTranslations } from './expected-translations.ts';
import { ResolverRig, rigUnavailable, SERVER_PORT, serviceObject } from './resolver-rig.ts';
import type { ResolverSetup, RunningResolver } from './running-resolver.ts';

const unavailable = rigUnavailable() ?? missingCommand('conntrack');

const IP = '10.96.2.1';
const SERVICE = serviceObject('shop', {
  spec: {
    clusterIPs: [IP],
    ports: [
      { protocol: 'TCP', port: 80 },
      { protocol: 'UDP', port: 80 },
    ],
  },
});
const NAME = { namespace: 'shop', name: 'shop', port: 80 };
const calls = (count: number, protocol: 'tcp' | 'udp' = 'tcp') =>
  ({ protocol, ip: IP, port: 80, count, requestBytes: 1 }) as const;

describe('a resolver', () => {
  let rig: ResolverRig;
  const resolvers: RunningResolver[] = [];
  const start = async (setup: Partial<ResolverSetup> = {}): Promise<RunningResolver> => {
    const resolver = await rig.startResolver({ services: [SERVICE], ...setup });
    resolvers.push(resolver);
    return resolver;
  };

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    rig = await ResolverRig.start();
    for (const protocol of ['tcp', 'udp'] as const) {
      rig.network.addService({ ip: IP, protocol, port: 80, targetPort: SERVER_PORT }, rig.backends);
    }
  });

  beforeEach(async (ctx) => {
    if (unavailable !== undefined) ctx.skip(unavailable);
    rig.network.node.run('conntrack', '-F');
    await rig.memcached.restart();
  });

  afterEach(async () => {
    for (const resolver of resolvers.splice(0)) await resolver.stop();
  });

  afterAll(() => rig?.close());

  test('finds connections that were there before it', async () => {
    const connections = await rig.call(calls(30));
    const resolver = await start();
    const { there, expected } = await rig.compare(connections, NAME);
    expect(there).toEqual(expected);
    expect(await resolver.metric('resyncs_total', { reason: 'start' })).toBe(1);
    expect(await resolver.metric('connections', { family: 'ipv4', protocol: 'tcp' })).toBe(30);
  });

  test('notices events lost in an overrun, and loses no translation', async () => {
    const resolver = await start({ receiveBufferBytes: 8192 });
    const held = resolver.hold(1500);
    const connections = await rig.call(calls(400));
    await held;
    const { there, expected } = await rig.compare(connections, NAME);
    expect(there).toEqual(expected);
    expect(await resolver.metric('overruns_total')).toBeGreaterThan(0);
    expect(await resolver.metric('lost_events')).toBeGreaterThan(0);
    expect(await resolver.metric('resyncs_total', { reason: 'overrun' })).toBeGreaterThan(0);
  });

  test('writes all that lives again when memcached was restarted', async () => {
    const connections = await rig.call(calls(50));
    const resolver = await start();
    await rig.compare(connections, NAME);
    await rig.memcached.restart();
    const { there, expected } = await rig.compare(connections, NAME);
    expect(there).toEqual(expected);
    await resolver.until(async () => (await resolver.metric('resyncs_total', { reason: 'cache_lost' })) > 0);
  });

  test('keeps what happens while memcached is away', async () => {
    const resolver = await start();
    await rig.memcached.kill();
    const connections = await rig.call(calls(50));
    await resolver.until(async () => (await resolver.metric('cache_failures_total')) > 0);
    await rig.memcached.restart();
    const { there, expected } = await rig.compare(connections, NAME);
    expect(there).toEqual(expected);
    expect(await resolver.metric('dropped_translations_total')).toBe(0);
  });

  test('finds again what it had to drop while memcached was away', async () => {
    const resolver = await start({ maxQueued: 1000 });
    await rig.memcached.kill();
    const connections = await rig.call(calls(1500, 'udp'));
    await resolver.until(
      async () => (await resolver.metric('dropped_translations_total', { cause: 'overflow' })) >= 300,
    );
    await rig.memcached.restart();
    const { there, expected } = await rig.compare(connections, NAME);
    expect(there).toEqual(expected);
  });

  test('lets a translation expire some time after its connection has ended', async () => {
    await start({ endedTtlSeconds: 1 });
    const connections = await rig.call(calls(3));
    const { there, expected } = await rig.compare(connections, NAME);
    expect(there).toEqual(expected);
    rig.network.node.run('conntrack', '-D', '-d', IP);
    await gone(Object.keys(expected));
  });

  test('refreshes what lives before it expires', async () => {
    const connections = await rig.call(calls(3));
    const resolver = await start({ ttlSeconds: 2, resyncIntervalMs: 500 });
    const ids = Object.keys((await rig.compare(connections, NAME)).expected);
    const firstMs = (await rig.waitFor(ids))[0]?.atMs ?? 0;
    await resolver.until(async () => (await resolver.metric('resyncs_total', { reason: 'interval' })) >= 6);
    const found = await rig.waitFor(ids, 0);
    expect(found).not.toContain(undefined);
    expect(found[0]?.atMs).toBeGreaterThan(firstMs + 2000);
  });

  test('names connections whose service it hears of later', async () => {
    const resolver = await start({ services: [] });
    const connections = await rig.call(calls(5));
    await rig.compare(connections, undefined);
    await resolver.apply(SERVICE);
    const ids = connections.flatMap((seen) => [...expectedTranslations(seen, NAME).keys()]);
    await resolver.until(async () => {
      const found = await rig.waitFor(ids, 0);
      return found.every((translation) => translation?.service?.name === 'shop');
    });
    expect(await resolver.metric('resyncs_total', { reason: 'services' })).toBe(1);
  });

  test('hashes with its seed', async () => {
    await start({ seed: 7 });
    const { there, expected } = await rig.compare(await rig.call(calls(3, 'udp')), NAME, 7);
    expect(there).toEqual(expected);
  });

  test('keeps only what is of services when it is told so', async () => {
    const resolver = await start({ servicesOnly: true });
    rig.network.addService(
      { ip: '10.96.2.9', protocol: 'tcp', port: 80, targetPort: SERVER_PORT },
      rig.backends,
    );
    const others = await rig.call({ ...calls(3), ip: '10.96.2.9' });
    const connections = await rig.call(calls(3));
    const { there, expected } = await rig.compare(connections, NAME);
    expect(there).toEqual(expected);
    const ids = others.flatMap((seen) => [...expectedTranslations(seen, undefined).keys()]);
    expect(await rig.waitFor(ids, 0)).toEqual([undefined, undefined, undefined]);
    expect(await resolver.metric('unnamed_translations_total')).toBe(0);
  });

  test('what is not translated is not written', async () => {
    const resolver = await start();
    const [backend] = rig.backends;
    await rig.call({ ...calls(5), ip: backend.ipv4, port: SERVER_PORT });
    await resolver.until(async () => (await resolver.metric('events_total', { type: 'created' })) >= 5);
    expect(await resolver.metric('translations_total')).toBe(0);
  });

  async function gone(ids: readonly string[]): Promise<void> {
    const cache = new MemcachedCache([rig.memcachedAddress], { clock: systemClock, log: quietLogger() });
    await expect
      .poll(async () => await cache.getMany(ids.map(natTranslationKey)), { timeout: 10_000 })
      .toEqual(ids.map(() => undefined));
    cache.close();
  }
});
