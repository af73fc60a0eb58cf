import { expect, it } from 'vitest';
import { RecentMap } from '../../services/enrichment/recent-map.ts';

it('holds no more than its capacity, and what was used lately', () => {
  const map = new RecentMap<number>(10);
  for (let n = 0; n < 1000; n++) {
    map.set(`k${n}`, n);
    expect(map.get('k0')).toBe(0);
    expect(map.size).toBeLessThanOrEqual(10);
  }
  expect(map.get('k999')).toBe(999);
  expect(map.get('k500')).toBeUndefined();
});

it('forgets what is deleted, in either generation', () => {
  const map = new RecentMap<number>(4);
  for (const key of ['a', 'b', 'c']) map.set(key, 1);
  for (const key of ['a', 'b', 'c']) map.delete(key);
  expect([map.size, map.get('a'), map.get('c')]).toEqual([0, undefined, undefined]);
});

it('has one value for a key, the latest', () => {
  const map = new RecentMap<number>(4);
  for (const key of ['a', 'b', 'c', 'a']) map.set(key, map.size);
  expect(map.get('a')).toBe(3);
  map.clear();
  expect(map.size).toBe(0);
});
