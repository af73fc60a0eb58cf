import { expect, test } from 'vitest';
import { CacheCanary } from '../../../services/resolver/write/cache-canary.ts';
import { MapCache } from '../../../services/runtime/memcached/map-cache.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

test('a key that was there and is gone is a loss; one that was never there is none', async () => {
  const clock = new ManualClock();
  const cache = new MapCache(clock, 100);
  let losses = 0;
  const canary = (): CacheCanary =>
    new CacheCanary({ cache, clock, name: 'node', intervalMs: 1000, onLoss: () => losses++ });
  const first = canary();
  await first.look();
  await first.look();
  expect(losses).toBe(0);
  cache.close();
  await first.look();
  expect(losses).toBe(1);
  await first.look();
  expect(losses).toBe(1);
  // A process that finds the key of the one before it knows that it is there.
  const second = canary();
  await second.look();
  cache.close();
  await second.look();
  expect(losses).toBe(2);
});
