import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Pacing } from '../../../services/probe/transport/pacing.ts';
import type { Clock } from '../../../services/runtime/clock.ts';

const RETRY_MS = 100;
const MAX_RETRY_MS = 1000;
const MAX_RETRY_AFTER_MS = 5000;

/** A clock whose sleepers wait until a test has moved it. */
class TestClock implements Clock {
  nowMs = Date.UTC(2026, 0, 2);
  readonly #sleepers: { readonly untilMs: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#sleepers.push({ untilMs: this.nowMs + ms, wake: resolve });
      signal?.addEventListener('abort', () => resolve());
    });
  }

  async moveTo(ms: number): Promise<void> {
    this.nowMs = ms;
    for (const { untilMs, wake } of this.#sleepers) if (untilMs <= ms) wake();
    await nextTurn();
  }
}

function createPacing(random = 0.5) {
  const clock = new TestClock();
  const pacing = new Pacing({
    clock,
    retryDelayMs: RETRY_MS,
    maxRetryDelayMs: MAX_RETRY_MS,
    maxRetryAfterMs: MAX_RETRY_AFTER_MS,
    random: () => random,
  });
  const turns: boolean[] = [];
  const ask = async (signal = new AbortController().signal): Promise<void> => {
    void pacing.turn(signal).then((turn) => turns.push(turn));
    await nextTurn();
  };
  /** How long it takes until a turn is given. */
  const nextTurnInMs = async (): Promise<number> => {
    const startMs = clock.nowMs;
    const before = turns.length;
    await ask();
    for (let waited = 0; waited <= 20_000; waited += 5) {
      await clock.moveTo(startMs + waited);
      if (turns.length > before) return waited;
    }
    return Number.POSITIVE_INFINITY;
  };
  return { clock, pacing, turns, ask, nextTurnInMs };
}

describe('after failures', () => {
  it.each([
    { random: 0, waits: [0, 0, 0, 0, 0, 0] },
    { random: 0.5, waits: [50, 100, 200, 400, 500, 500] },
    { random: 0.999_999, waits: [100, 200, 400, 800, 1000, 1000] },
  ])('at chance $random the waits are $waits', async ({ random, waits }) => {
    const { pacing, ask, nextTurnInMs } = createPacing(random);
    await ask();
    for (const wait of waits) {
      pacing.failed();
      expect(await nextTurnInMs()).toBe(wait);
    }
    pacing.succeeded();
    expect(await nextTurnInMs()).toBe(0);
    pacing.failed();
    expect(await nextTurnInMs()).toBe(waits[0]);
  });

  it('one delivery alone is tried, and then all are', async () => {
    const { clock, pacing, turns, ask } = createPacing();
    await ask();
    await ask();
    pacing.failed();
    pacing.failed();
    for (const _ of [1, 2, 3]) await ask();
    await clock.moveTo(clock.nowMs + 10_000);
    expect(turns.length).toBe(3);
    pacing.succeeded();
    await nextTurn();
    expect(turns).toEqual([true, true, true, true, true]);
  });

  it('hundreds of them do not make the wait overflow', async () => {
    const { pacing, ask, nextTurnInMs } = createPacing(0.999_999);
    await ask();
    for (let failures = 0; failures < 2000; failures++) {
      pacing.failed();
      pacing.hurry();
      await ask();
    }
    pacing.failed();
    expect(await nextTurnInMs()).toBe(250);
  });
});

describe('a receiver that asks for time', () => {
  it.each([
    [0, 50],
    [2000, 2050],
    [60_000, MAX_RETRY_AFTER_MS + 50],
    [undefined, 50],
  ])('of %s ms has %i', async (askedMs, waitMs) => {
    const { pacing, ask, nextTurnInMs } = createPacing();
    await ask();
    pacing.slowDown(askedMs);
    expect(await nextTurnInMs()).toBe(waitMs);
  });
});

describe('whoever waits', () => {
  it('goes on at once when the probe ends', async () => {
    const { pacing, turns, ask } = createPacing();
    await ask();
    pacing.slowDown(4000);
    await ask();
    expect(turns).toEqual([true]);
    pacing.hurry();
    await nextTurn();
    expect(turns).toEqual([true, true]);
  });

  it('gives up with the signal', async () => {
    const { pacing, turns, ask } = createPacing();
    await ask();
    pacing.failed();
    const giveUp = new AbortController();
    await ask(giveUp.signal);
    giveUp.abort();
    await nextTurn();
    await ask(AbortSignal.abort());
    expect(turns).toEqual([true, false, false]);
  });

  it('is not held for long by a clock that is set back', async () => {
    const { clock, pacing, turns, ask } = createPacing();
    await ask();
    pacing.failed();
    const hourAgo = clock.nowMs - 3_600_000;
    await clock.moveTo(hourAgo);
    await ask();
    await clock.moveTo(hourAgo + MAX_RETRY_AFTER_MS + RETRY_MS);
    expect(turns).toEqual([true, true]);
  });
});
