import { describe, expect, test } from 'vitest';
import type { ResyncReason } from '../../services/resolver/resync.ts';
import { Resync } from '../../services/resolver/resync.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

/** Reads the table as often as there are steps; each step is done while the table is read, and says whether it was whole. */
async function run(request: ResyncReason | undefined, steps: readonly ((resync: Resync) => boolean)[]) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const reads: { readonly reasons: readonly ResyncReason[]; readonly afterMs: number }[] = [];
  let lastMs = 0;
  const resync = new Resync({
    clock,
    intervalMs: 60_000,
    read: async (reasons) => {
      reads.push({ reasons, afterMs: clock.now() - lastMs });
      lastMs = clock.now();
      const isWhole = steps[reads.length - 1](resync);
      if (reads.length === steps.length) stop.abort();
      return isWhole;
    },
  });
  if (request !== undefined) resync.request(request);
  await resync.run(stop.signal);
  return reads;
}

const whole = (): boolean => true;
const again =
  (reason: ResyncReason) =>
  (resync: Resync): boolean => {
    resync.request(reason);
    return true;
  };

describe('Resync', () => {
  test('reads at the start at once, and then at intervals', async () => {
    expect(await run('start', [whole, whole, whole])).toEqual([
      { reasons: ['start'], afterMs: 0 },
      { reasons: ['interval'], afterMs: 60_000 },
      { reasons: ['interval'], afterMs: 60_000 },
    ]);
  });

  test('reads again after what happened meanwhile, ever less often', async () => {
    const reads = await run('start', [...new Array(9).fill(again('overrun')), whole]);
    expect(reads.slice(1).map(({ reasons }) => reasons)).toEqual(new Array(9).fill(['overrun']));
    const pauses = reads.slice(1).map(({ afterMs }) => afterMs);
    expect(pauses[0]).toBeLessThanOrEqual(200);
    expect(pauses[4]).toBeGreaterThan(1000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(8000);
  });

  test('several reasons are one reading', async () => {
    const both = (resync: Resync): boolean => again('overrun')(resync) && again('cache_lost')(resync);
    const [, second] = await run('start', [both, whole]);
    expect(second.reasons).toEqual(['overrun', 'cache_lost']);
  });

  test('what did not come to its end is read again', async () => {
    const reads = await run('start', [() => false, whole]);
    expect(reads[1].reasons).toEqual(['incomplete']);
    expect(reads[1].afterMs).toBeGreaterThanOrEqual(100);
  });

  test('is quick again after it has been well', async () => {
    const reads = await run('start', [
      ...new Array(5).fill(again('overrun')),
      whole,
      again('overrun'),
      whole,
    ]);
    expect(reads.at(-1)?.afterMs).toBeLessThanOrEqual(200);
  });
});
