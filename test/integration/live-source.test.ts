import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { LiveSource } from '../../services/probe/capture/live-source.ts';
import { TURN_TIMEOUT_MS } from '../../services/probe/capture/packet-source.ts';

/** Why this process cannot capture. */
function captureUnavailable(): string | undefined {
  try {
    new LiveSource({ interfaces: [] }).close();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

const unavailable = captureUnavailable();

describe('LiveSource', () => {
  let source: LiveSource;

  beforeEach((ctx) => {
    if (unavailable !== undefined) ctx.skip(unavailable);
    source = new LiveSource({ interfaces: ['nowhere'], ringBytes: 131_072, blockBytes: 65_536 });
  });

  afterEach(() => source?.close());

  const sink = { packet: () => undefined };

  test('takes turns without packets, with the time of the clock it is given', async () => {
    const stop = new AbortController();
    const turnsMs: number[] = [];
    let clockMs = 1_000_000;
    await source.run({
      sink,
      signal: stop.signal,
      now: () => clockMs++,
      onTurn: (nowMs) => {
        turnsMs.push(nowMs);
        if (turnsMs.length === 3) stop.abort();
      },
    });
    // Three turns, and one more at the end; the clock was first asked at the start.
    expect(turnsMs).toEqual([1_000_001, 1_000_002, 1_000_003, 1_000_004]);
    expect(source.statistics).toMatchObject({ frames: 0, kernelDrops: 0, interfaces: [] });
  });

  test('ends at once when it is told to', async () => {
    const stop = new AbortController();
    const running = source.run({ sink, signal: stop.signal, now: Date.now, onTurn: () => undefined });
    await new Promise(setImmediate);
    const startMs = performance.now();
    stop.abort();
    await running;
    expect(performance.now() - startMs).toBeLessThan(TURN_TIMEOUT_MS / 2);
  });

  test('fails when a turn fails', async () => {
    const running = source.run({
      sink,
      signal: new AbortController().signal,
      now: Date.now,
      onTurn: () => {
        throw new Error('no room');
      },
    });
    await expect(running).rejects.toThrow('no room');
  });

  test('closes twice, and has its statistics after that', () => {
    source.close();
    source.close();
    expect(source.statistics.frames).toBe(0);
  });

  test.each([
    [{ blockBytes: 1000 }, 'SYSTEM_CALL_FAILED', /^setsockopt for a packet ring of \d+ bytes failed: EINVAL/],
    [{ filter: 'udp prot 1' }, 'FILTER_INVALID', /syntax error/],
  ])('refuses %o', (options, code, message) => {
    expect(() => new LiveSource(options)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});
