import { describe, expect, test } from 'vitest';
import { MapCache } from '../../../services/runtime/memcached/map-cache.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const entry = (key: string, ttlSeconds = 60) => ({ key, value: `value of ${key}`, ttlSeconds });

describe('MapCache', () => {
  test('keeps values until they expire', async () => {
    const clock = new ManualClock();
    const cache = new MapCache(clock, 10);
    await cache.setMany([entry('a', 1), entry('b', 2)]);
    expect(await cache.getMany(['a', 'b', 'c'])).toEqual(['value of a', 'value of b', undefined]);
    clock.advance(1000);
    expect(await cache.getMany(['a', 'b'])).toEqual([undefined, 'value of b']);
  });

  test('adds what is not there, and what has expired', async () => {
    const clock = new ManualClock();
    const cache = new MapCache(clock, 10);
    expect(await cache.addMany([entry('a', 1)])).toEqual([true]);
    expect(await cache.addMany([{ ...entry('a'), value: 'other' }, entry('b')])).toEqual([false, true]);
    clock.advance(1000);
    expect(await cache.addMany([{ ...entry('a'), value: 'other' }])).toEqual([true]);
    expect(await cache.getMany(['a'])).toEqual(['other']);
  });

  test('gives what is there a new time to live', async () => {
    const clock = new ManualClock();
    const cache = new MapCache(clock, 10);
    await cache.setMany([entry('a', 1)]);
    expect(
      await cache.touchMany([
        { key: 'a', ttlSeconds: 5 },
        { key: 'b', ttlSeconds: 5 },
      ]),
    ).toEqual([true, false]);
    clock.advance(4999);
    expect(await cache.getMany(['a'])).toEqual(['value of a']);
  });

  test('forgets what was written longest ago when it is full', async () => {
    const cache = new MapCache(new ManualClock(), 2);
    await cache.setMany([entry('a'), entry('b'), entry('a'), entry('c')]);
    expect(await cache.getMany(['a', 'b', 'c'])).toEqual(['value of a', undefined, 'value of c']);
    expect(cache.size).toBe(2);
  });
});
