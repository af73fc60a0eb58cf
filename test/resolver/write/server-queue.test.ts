import { describe, expect, test } from 'vitest';
import { ServerQueue } from '../../../services/resolver/write/server-queue.ts';
import type { Cache, CacheEntry, CacheWrite } from '../../../services/runtime/memcached/cache.ts';
import { NO_ANSWER } from '../../../services/runtime/memcached/cache.ts';
import { MapCache } from '../../../services/runtime/memcached/map-cache.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const entry = (key: string, value = key): CacheEntry => ({ key, value, ttlSeconds: 60 });

/** A queue whose server takes what `take` lets it. */
function makeQueue(maxEntries = 100) {
  const clock = new ManualClock();
  const map = new MapCache(clock, 10_000);
  const seen = {
    written: 0,
    lags: [] as number[],
    failed: 0,
    dropped: 0,
    gaps: 0,
    batches: [] as string[][],
  };
  const server = { take: (_key: string): boolean => true, beforeAnswer: (): void => undefined };
  const cache: Cache = {
    serverCount: 1,
    serverOf: () => 0,
    getMany: (keys) => map.getMany(keys),
    addMany: (entries) => map.addMany(entries),
    touchMany: (entries) => map.touchMany(entries),
    close: () => undefined,
    async setMany(entries): Promise<readonly CacheWrite[]> {
      seen.batches.push(entries.map(({ value }) => value));
      await map.setMany(entries.filter(({ key }) => server.take(key)));
      server.beforeAnswer();
      return entries.map(({ key }) => server.take(key) || NO_ANSWER);
    },
  };
  const queue = new ServerQueue({
    cache,
    clock,
    maxEntries,
    onGap: () => seen.gaps++,
    observer: {
      written: (lagMs) => {
        seen.written++;
        seen.lags.push(lagMs);
      },
      failed: (entries) => {
        seen.failed += entries;
      },
      dropped: (entries) => {
        seen.dropped += entries;
      },
    },
  });
  return { queue, seen, server, map, clock };
}

const soon = AbortSignal.timeout(20_000);

describe('ServerQueue', () => {
  test('writes what is put, the latest word on a key', async () => {
    const { queue, seen, map, clock } = makeQueue();
    queue.put(entry('a', 'old'));
    queue.put(entry('b'));
    queue.put(entry('a', 'new'));
    clock.advance(5);
    await queue.drain(soon);
    expect(seen.batches).toEqual([['b', 'new']]);
    expect(await map.getMany(['a', 'b'])).toEqual(['new', 'b']);
    expect(seen.lags).toEqual([5, 5]);
    expect(queue.length).toBe(0);
  });

  test('keeps what the server does not take, unless there is a newer word', async () => {
    const { queue, seen, server, map } = makeQueue();
    for (const key of ['a', 'b', 'c']) queue.put(entry(key, `old ${key}`));
    server.take = (key) => key === 'c';
    server.beforeAnswer = () => queue.put(entry('a', 'new a'));
    await queue.drain(soon);
    expect(queue.isStuck).toBe(true);
    expect(queue.length).toBe(2);
    server.take = () => true;
    server.beforeAnswer = () => undefined;
    await queue.drain(soon);
    expect(queue.isStuck).toBe(false);
    expect(await map.getMany(['a', 'b', 'c'])).toEqual(['new a', 'old b', 'old c']);
    expect(seen).toMatchObject({ written: 3, failed: 4, dropped: 0, gaps: 0 });
  });

  test('drops the oldest when too much waits, and says so when the server is back', async () => {
    const { queue, seen, server, map } = makeQueue(3);
    server.take = () => false;
    for (const key of ['a', 'b', 'c', 'd', 'e']) queue.put(entry(key));
    await queue.drain(soon);
    expect(seen).toMatchObject({ dropped: 2, gaps: 0 });
    server.take = () => true;
    await queue.drain(soon);
    expect(seen.gaps).toBe(1);
    expect(await map.getMany(['a', 'b', 'c', 'd', 'e'])).toEqual([undefined, undefined, 'c', 'd', 'e']);
    queue.put(entry('f'));
    await queue.drain(soon);
    expect(seen.gaps).toBe(1);
  });

  test('what was tried in vain is older than what came meanwhile', async () => {
    const { queue, seen, server, map } = makeQueue(3);
    for (const key of ['a', 'b', 'c']) queue.put(entry(key));
    server.take = () => false;
    server.beforeAnswer = () => queue.put(entry('d'));
    await queue.drain(soon);
    server.take = () => true;
    server.beforeAnswer = () => undefined;
    await queue.drain(soon);
    expect(await map.getMany(['a', 'b', 'c', 'd'])).toEqual([undefined, 'b', 'c', 'd']);
    expect(seen.dropped).toBe(1);
  });

  test('runs until it is told to stop, and tries again what failed', async () => {
    const { queue, seen, server, clock } = makeQueue();
    const stop = new AbortController();
    let attempts = 0;
    server.take = () => attempts > 3;
    server.beforeAnswer = () => {
      attempts++;
      if (attempts > 3) stop.abort();
    };
    const ended = queue.run(stop.signal);
    queue.put(entry('a'));
    await ended;
    expect(seen).toMatchObject({ written: 1, failed: 3 });
    expect(clock.now()).toBeGreaterThan(100);
  });

  test('takes at most a thousand at a time', async () => {
    const { queue, seen } = makeQueue(5000);
    for (let index = 0; index < 2500; index++) queue.put(entry(`key-${index}`));
    await queue.drain(soon);
    expect(seen.batches.map(({ length }) => length)).toEqual([1000, 1000, 500]);
  });
});
