import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addStatistics, joinShards } from '../../../services/cli/replay/statistics.ts';
import type { FlowMeterOptions, FlowMeterStatistics } from '../../../services/probe/flow/flow-meter.ts';
import type { TimedFrame } from '../../fixtures/any-traffic.ts';
import { anyTraffic } from '../../fixtures/any-traffic.ts';
import { TestMeter } from '../../fixtures/test-meter.ts';

/** Each count its own, so that none can stand in for another. */
const ONE: FlowMeterStatistics = {
  frames: 1,
  frameBytes: 20,
  otherFrames: 300,
  otherFrameBytes: 4000,
  packets: 50_000,
  ipBytes: 600_000,
  flows: 7_000_000,
  liveFlows: 80_000_000,
  records: 900_000_000,
  evictedFlows: 2 ** 40,
  latePackets: 2 ** 41,
  forgottenGaps: 2 ** 42,
  causes: { not_ip: 3, fragments: 5 },
};

const TWICE: FlowMeterStatistics = {
  frames: 2,
  frameBytes: 40,
  otherFrames: 600,
  otherFrameBytes: 8000,
  packets: 100_000,
  ipBytes: 1_200_000,
  flows: 14_000_000,
  liveFlows: 160_000_000,
  records: 1_800_000_000,
  evictedFlows: 2 ** 41,
  latePackets: 2 ** 42,
  forgottenGaps: 2 ** 43,
  causes: { not_ip: 6, fragments: 10 },
};

describe('addStatistics', () => {
  it('of nothing and one is that one', () => {
    expect(addStatistics(undefined, ONE)).toEqual(ONE);
  });

  it('adds every count', () => {
    expect(addStatistics(ONE, ONE)).toEqual(TWICE);
    expect(addStatistics(TWICE, ONE)).toEqual(addStatistics(ONE, TWICE));
  });

  it.each([
    { a: {}, b: {}, sum: {} },
    { a: { not_ip: 1 }, b: {}, sum: { not_ip: 1 } },
    { a: {}, b: { not_ip: 2 }, sum: { not_ip: 2 } },
    { a: { not_ip: 1 }, b: { fragments: 2 }, sum: { not_ip: 1, fragments: 2 } },
    { a: { not_ip: 1, fragments: 3 }, b: { fragments: 2 }, sum: { not_ip: 1, fragments: 5 } },
  ])('causes $a and $b are $sum', ({ a, b, sum }) => {
    expect(addStatistics({ ...ONE, causes: a }, { ...ONE, causes: b })).toEqual({ ...TWICE, causes: sum });
  });

  it('leaves what it adds as it was', () => {
    const [a, b] = [structuredClone(ONE), structuredClone(ONE)];
    addStatistics(a, b);
    expect([a, b]).toEqual([ONE, ONE]);
  });
});

function statisticsOf(
  frames: readonly TimedFrame[],
  options: Partial<FlowMeterOptions>,
): FlowMeterStatistics {
  const test = new TestMeter({ maxFlows: 512, maxFragmentedDatagrams: 512, ...options });
  for (const { ms, bytes, linkType } of frames) test.frame(ms, bytes, { linkType });
  test.finish();
  return test.meter.statistics();
}

describe('joinShards', () => {
  it('of one is that one', () => {
    expect(joinShards([ONE])).toEqual(ONE);
  });

  it('adds what each shard did, and takes once what all saw', () => {
    const { frames, frameBytes, otherFrames, otherFrameBytes, latePackets, causes } = ONE;
    const seen = { frames, frameBytes, otherFrames, otherFrameBytes, latePackets, causes };
    expect(joinShards([ONE, ONE])).toEqual({ ...TWICE, ...seen });
    expect(joinShards([ONE, ONE, TWICE])).toEqual({ ...addStatistics(TWICE, TWICE), ...seen });
  });

  it('gives what one meter counts of the same packets', () => {
    const windowMs = fc.constantFrom(0, 1000, 10_000);
    const count = fc.integer({ min: 2, max: 4 });
    fc.assert(
      fc.property(anyTraffic, windowMs, count, (frames, window, shards) => {
        const options = { windowMs: window };
        const whole = statisticsOf(frames, options);
        const joined = joinShards(
          Array.from({ length: shards }, (_, index) =>
            statisticsOf(frames, { ...options, shard: { index, count: shards } }),
          ),
        );
        expect(joined).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });
});
