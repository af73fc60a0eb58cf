import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../services/runtime/clock.ts';
import type { CacheFailure } from '../../../services/runtime/memcached/cache.ts';
import { NO_ANSWER } from '../../../services/runtime/memcached/cache.ts';
import { MemcachedCache } from '../../../services/runtime/memcached/memcached-cache.ts';
import type { MemcachedOptions } from '../../../services/runtime/memcached/memcached-link.ts';
import type { ServerAddress } from '../../../services/runtime/memcached/server-address.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';
import type { TestMemcached } from '../../servers/memcached.ts';
import { memcachedUnavailable, startMemcached } from '../../servers/memcached.ts';

const unavailable = memcachedUnavailable();
const entry = (key: string, value = `value of ${key}`) => ({ key, value, ttlSeconds: 60 });
const addressOf = ({ address }: TestMemcached): ServerAddress => {
  const [host, port] = address.split(':');
  return { host, port: Number(port) };
};

describe('MemcachedCache', () => {
  const servers: TestMemcached[] = [];
  const caches: MemcachedCache[] = [];
  const failures: Partial<Record<CacheFailure, number>> = {};

  const start = async (count: number): Promise<readonly ServerAddress[]> => {
    for (let index = 0; index < count; index++) servers.push(await startMemcached());
    return servers.map(addressOf);
  };
  const connect = (
    addresses: readonly ServerAddress[],
    options: Partial<MemcachedOptions> = {},
  ): MemcachedCache => {
    const observer = {
      failed: (cause: CacheFailure, operations: number) => {
        failures[cause] = (failures[cause] ?? 0) + operations;
      },
    };
    const quick = { timeoutMs: 5000, pauseMs: 10, maxPauseMs: 20 };
    const cache = new MemcachedCache(addresses, {
      clock: systemClock,
      log: quietLogger(),
      observer,
      ...quick,
      ...options,
    });
    caches.push(cache);
    return cache;
  };

  beforeEach((ctx) => {
    if (unavailable !== undefined) ctx.skip(unavailable);
    for (const cause of Object.keys(failures)) delete failures[cause as CacheFailure];
  });

  afterEach(async () => {
    for (const cache of caches.splice(0)) cache.close();
    for (const server of servers.splice(0)) await server.stop();
  });

  test('sets, gets, adds and touches', async () => {
    const cache = connect(await start(1));
    expect(await cache.setMany([entry('a'), entry('b')])).toEqual([true, true]);
    expect(await cache.getMany(['a', 'x', 'b'])).toEqual(['value of a', undefined, 'value of b']);
    expect(await cache.addMany([entry('a', 'other'), entry('c')])).toEqual([false, true]);
    expect(
      await cache.touchMany([
        { key: 'a', ttlSeconds: 1 },
        { key: 'x', ttlSeconds: 1 },
      ]),
    ).toEqual([true, false]);
    expect(await cache.getMany(['a', 'c'])).toEqual(['value of a', 'value of c']);
    expect(await cache.getMany([])).toEqual([]);
    expect(failures).toEqual({});
  });

  test('many at once come back in order', async () => {
    const cache = connect(await start(1));
    const entries = Array.from({ length: 5000 }, (_, index) =>
      entry(`key ${index}`.replace(' ', '-'), 'v'.repeat(300) + index),
    );
    expect(await cache.setMany(entries)).toEqual(entries.map(() => true));
    const found = await cache.getMany(entries.map(({ key }) => key).reverse());
    expect(found).toEqual(entries.map(({ value }) => value).reverse());
  });

  test('several servers share the keys, in the same way in every process', async () => {
    const addresses = await start(3);
    const [one, other] = [connect(addresses), connect([...addresses].reverse())];
    const entries = Array.from({ length: 300 }, (_, index) => entry(`key-${index}`));
    await one.setMany(entries);
    expect(await other.getMany(entries.map(({ key }) => key))).toEqual(entries.map(({ value }) => value));
    const shares = [0, 1, 2].map(
      (server) => entries.filter(({ key }) => one.serverOf(key) === server).length,
    );
    expect(Math.min(...shares)).toBeGreaterThan(50);
  });

  test('a server that is down takes only its own keys with it', async () => {
    const addresses = await start(2);
    const cache = connect(addresses);
    const entries = Array.from({ length: 100 }, (_, index) => entry(`key-${index}`));
    await cache.setMany(entries);
    await servers[0].kill();
    const found = await cache.getMany(entries.map(({ key }) => key));
    const [down] = new Set(
      entries.filter((_entry, index) => found[index] === NO_ANSWER).map(({ key }) => cache.serverOf(key)),
    );
    for (const [index, { key, value }] of entries.entries()) {
      expect(found[index]).toBe(cache.serverOf(key) === down ? NO_ANSWER : value);
    }
    const lost = found.filter((value) => value === NO_ANSWER).length;
    expect((failures.connection ?? 0) + (failures.paused ?? 0)).toBe(lost);
  });

  test('comes back by itself after a restart', async () => {
    const cache = connect(await start(1));
    await cache.setMany([entry('a')]);
    await servers[0].restart();
    await expect.poll(() => cache.getMany(['a'])).toEqual([undefined]);
    expect(await cache.setMany([entry('a')])).toEqual([true]);
    expect(await cache.getMany(['a'])).toEqual(['value of a']);
  });

  test('a restart while operations are under way leaves none without an end', async () => {
    const cache = connect(await start(1));
    await cache.setMany([entry('a')]);
    const batches = Array.from({ length: 20 }, () => cache.getMany(Array.from({ length: 100 }, () => 'a')));
    const killed = servers[0].kill();
    const later = Array.from({ length: 20 }, () => cache.getMany(['a']));
    await killed;
    expect((await Promise.all([...batches, ...later])).flat()).toHaveLength(2020);
  });

  test('what the server refuses harms nothing else', async () => {
    const cache = connect(await start(1));
    const answers = await cache.setMany([entry('big', 'x'.repeat(2 ** 21)), entry('small')]);
    expect(answers).toEqual([NO_ANSWER, true]);
    expect(failures).toEqual({ refused: 1 });
    expect(await cache.getMany(['small'])).toEqual(['value of small']);
  });

  test('more than may wait is not sent', async () => {
    const cache = connect(await start(1), { maxOutstanding: 10 });
    const found = await cache.getMany(Array.from({ length: 15 }, (_, index) => `key-${index}`));
    expect(found.filter((value) => value === NO_ANSWER)).toHaveLength(5);
    expect(failures).toEqual({ overload: 5 });
  });

  test('after close nothing is sent', async () => {
    const cache = connect(await start(1));
    await cache.setMany([entry('a')]);
    cache.close();
    cache.close();
    expect(await cache.getMany(['a'])).toEqual([NO_ANSWER]);
  });
});
