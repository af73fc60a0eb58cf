import { expect, test } from 'vitest';
import { SenderRate } from '../../../services/enrichment/receive/sender-rate.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

test('a sender may save up for ten seconds, go below once, and then waits', () => {
  const clock = new ManualClock(0);
  const rate = new SenderRate(100, 10, clock);
  expect(rate.waitMs('a')).toBe(0);
  rate.count('a', 999);
  expect(rate.waitMs('a')).toBe(0);
  rate.count('a', 501);
  expect(rate.waitMs('a')).toBe(5010);
  expect(rate.waitMs('b')).toBe(0);
  clock.advance(5000);
  expect(rate.waitMs('a')).toBe(10);
  clock.advance(10);
  expect(rate.waitMs('a')).toBe(0);
  clock.advance(1e9);
  rate.count('a', 1000);
  expect(rate.waitMs('a')).toBe(10);
});

test('a clock that goes back earns nothing and costs nothing', () => {
  const clock = new ManualClock(10_000);
  const rate = new SenderRate(10, 10, clock);
  rate.count('a', 100);
  clock.advance(-5000);
  expect(rate.waitMs('a')).toBe(100);
});
