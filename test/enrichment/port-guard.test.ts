import { describe, expect, it } from 'vitest';
import { PortGuard } from '../../services/enrichment/port-guard.ts';
import { UnhurriedClock } from '../support/test-enricher.ts';

const setUp = () => {
  const clock = new UnhurriedClock(1000);
  const failures: unknown[] = [];
  const guard = new PortGuard({
    clock,
    timeoutMs: 200,
    pauseMs: 1000,
    onFailure: (error) => failures.push(error),
  });
  return { clock, guard, failures };
};
const fails = () => Promise.reject(new Error('down'));
const hangs = () => new Promise<never>(() => undefined);

describe('a port', () => {
  it('that answers is asked each time', async () => {
    const { guard, failures } = setUp();
    expect([await guard.call(() => Promise.resolve(1)), await guard.call(() => Promise.resolve(2))]).toEqual([
      1, 2,
    ]);
    expect(guard.counters).toEqual({ calls: 2, failures: 0, timeouts: 0, skipped: 0 });
    expect(failures).toEqual([]);
  });

  it.each([
    ['fails', fails, { failures: 1, timeouts: 0 }],
    [
      'throws at once',
      () => {
        throw new Error('down');
      },
      { failures: 1, timeouts: 0 },
    ],
    ['hangs', hangs, { failures: 0, timeouts: 1 }],
  ])('that %s is not asked for a while', async (_name, work, counted) => {
    const { guard, failures, clock } = setUp();
    expect(await guard.call(work)).toBeUndefined();
    expect(await guard.call(() => Promise.resolve(1))).toBeUndefined();
    expect(guard.counters).toEqual({ calls: 1, skipped: 1, ...counted });
    expect(failures).toHaveLength(1);
    clock.advance(2000);
    expect(await guard.call(() => Promise.resolve(1))).toBe(1);
    expect(await guard.call(() => Promise.resolve(2))).toBe(2);
  });

  it('that goes on failing is asked more and more seldom, up to a limit', async () => {
    const { guard, clock } = setUp();
    for (let second = 0; second < 600; second++) {
      await guard.call(fails);
      clock.advance(1000);
    }
    // Every 8 s, a quarter more or less.
    expect(guard.counters.failures).toBeGreaterThan(55);
    expect(guard.counters.failures).toBeLessThan(110);
  });

  it('is tried by one call only', async () => {
    const { guard, clock } = setUp();
    await guard.call(fails);
    clock.advance(2000);
    const answers = await Promise.all([1, 2, 3].map((n) => guard.call(() => Promise.resolve(n))));
    expect(answers).toEqual([1, undefined, undefined]);
  });
});
