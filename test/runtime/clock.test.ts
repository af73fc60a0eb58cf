import { expect, test } from 'vitest';
import { systemClock } from '../../services/runtime/clock.ts';

test('the system clock tells milliseconds since 1970', () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
});

test('sleep resolves after its time, not before', async () => {
  const before = performance.now();
  await systemClock.sleep(20);
  // A timer may fire up to a millisecond early.
  expect(performance.now() - before).toBeGreaterThanOrEqual(19);
});

test.each(['before', 'during'])('an abort %s sleep ends it at once', async (when) => {
  const controller = new AbortController();
  if (when === 'before') controller.abort();
  const sleeping = systemClock.sleep(2 ** 30, controller.signal);
  controller.abort();
  await expect(sleeping).resolves.toBeUndefined();
});

test('sleep for longer than a timer can be set takes its time', async () => {
  const controller = new AbortController();
  let isOver = false;
  const sleeping = systemClock.sleep(2 ** 31, controller.signal).then(() => {
    isOver = true;
  });
  await systemClock.sleep(20);
  expect(isOver).toBe(false);
  controller.abort();
  await sleeping;
});
