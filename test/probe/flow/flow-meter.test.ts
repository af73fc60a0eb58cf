import { describe, expect, it } from 'vitest';
import { circumstances } from '../../../services/probe/capture/packet-sink.ts';
import type { FlowMeterOptions } from '../../../services/probe/flow/flow-meter.ts';
import { hex, MACS } from '../../fixtures/frames.ts';
import {
  BASE_MS,
  BASE_SECONDS,
  fromClient,
  meterOf,
  query,
  recordsOf,
  TestMeter,
} from '../../fixtures/test-meter.ts';

const TEN_SECONDS: Partial<FlowMeterOptions> = { windowMs: 10_000 };

describe('windows', () => {
  it.each<[string, number, string, string[]]>([
    ['none: one record over all', 0, '0 query, 25000 answer, 1000000 query', ['udp 40000 2+1 shutdown']],
    [
      'what each saw',
      10_000,
      '0 query, 9999 answer, 10000 query',
      ['udp 40000 1+1 in 0-10', 'udp 40000 1+0 in 10-20 shutdown'],
    ],
    [
      'aligned to the clock',
      10_000,
      '7000 query, 12000 query',
      ['udp 40000 1+0 in 0-10', 'udp 40000 1+0 in 10-20 shutdown'],
    ],
    [
      'shorter than a second',
      250,
      '0 query, 249.999999 query, 250 query, 1999 query',
      ['udp 40000 2+0 in 0-0.25', 'udp 40000 1+0 in 0.25-0.5', 'udp 40000 1+0 in 1.75-2 shutdown'],
    ],
    [
      'silent ones have no record',
      10_000,
      '0 query, 35000 query',
      ['udp 40000 1+0 in 0-10', 'udp 40000 1+0 in 30-40 shutdown'],
    ],
    [
      'a late packet counts in the open one',
      10_000,
      '11000 query, 9000 query',
      ['udp 40000 2+0 in 10-20 shutdown'],
    ],
  ])('%s', (_name, windowMs, packets, expected) => {
    expect(recordsOf({ windowMs }, packets)).toEqual(expected);
  });

  it('late packets are counted', () => {
    const { meter } = meterOf(TEN_SECONDS, '11000 query, 9000 query, 12000 query');
    expect(meter.statistics().latePackets).toBe(1);
  });

  it('a record has the times of its first and last packet, in whichever order they came', () => {
    const { start, end, flowStart } = meterOf(
      TEN_SECONDS,
      '1001.5 query, 0.25 answer, 9000 query',
    ).onlyRecord;
    expect({ start, end, flowStart }).toEqual({
      start: { seconds: BASE_SECONDS, nanoseconds: 250_000 },
      end: { seconds: BASE_SECONDS + 9, nanoseconds: 0 },
      flowStart: { seconds: BASE_SECONDS, nanoseconds: 250_000 },
    });
  });

  it('a flow keeps its start over all of its windows', () => {
    const records = meterOf(TEN_SECONDS, '1 query, 10001 query, 20001 query').finish();
    expect(records.map(({ record }) => record.flowStart.nanoseconds)).toEqual([1e6, 1e6, 1e6]);
    expect(records.map(({ record }) => record.start.seconds - BASE_SECONDS)).toEqual([0, 10, 20]);
  });
});

describe('the clock closes windows when no packet comes', () => {
  it.each<[string, number, number, string[]]>([
    ['not before the end', 10_000, 9999, []],
    ['at the end', 10_000, 10_000, ['udp 40000 1+0 in 0-10']],
    ['long after', 10_000, 95_000, ['udp 40000 1+0 in 0-10']],
    ['between whole seconds', 2500, 2500, ['udp 40000 1+0 in 0-2.5']],
  ])('%s', (_name, windowMs, nowMs, expected) => {
    const test = meterOf({ windowMs }, '0 query');
    test.meter.advanceTo(BASE_MS + nowMs);
    expect(test.texts).toEqual(expected);
    test.meter.advanceTo(BASE_MS + nowMs);
    expect(test.texts).toEqual(expected);
  });

  it('and a packet of the window it has come to is not late', () => {
    const test = meterOf({ windowMs: 2500 }, '0 query');
    test.meter.advanceTo(BASE_MS + 2600);
    test.packet(2550, query()).finish();
    expect(test.texts).toEqual(['udp 40000 1+0 in 0-2.5', 'udp 40000 1+0 in 2.5-5 shutdown']);
    expect(test.meter.statistics().latePackets).toBe(0);
  });
});

describe('a window that closes in slices', () => {
  const slices = { windowMs: 1000, sweepRows: 1 };
  it('gives the records of so many flows at once, and of a flow whose next packet comes', () => {
    const test = meterOf(slices, '0 query, 1 other, 2 third');
    test.meter.advanceTo(BASE_MS + 1000);
    expect(test.texts).toEqual(['udp 40000 1+0 in 0-1']);
    test.packet(1500, query(8888)).meter.advanceTo(BASE_MS + 1500);
    expect(test.texts.slice(1)).toEqual(['udp 8888 1+0 in 0-1']);
    test.meter.sweep();
    expect(test.texts.slice(2)).toEqual(['udp 9999 1+0 in 0-1']);
    expect(test.meter.isSweeping).toBe(true);
    test.meter.sweep();
    expect(test.meter.isSweeping).toBe(false);
    test.finish();
    expect(test.texts.slice(3)).toEqual([
      'udp 40000 0+0 in 1-2 shutdown',
      'udp 9999 0+0 in 1-2 shutdown',
      'udp 8888 1+0 in 1-2 shutdown',
    ]);
  });

  it('is closed whole before the next one closes', () => {
    const test = meterOf(slices, '0 query, 1 other, 2 third');
    for (const ms of [1000, 2000]) test.meter.advanceTo(BASE_MS + ms);
    expect(test.texts).toEqual(['udp 40000 1+0 in 0-1', 'udp 9999 1+0 in 0-1', 'udp 8888 1+0 in 0-1']);
  });

  it('ends in slices too', () => {
    const test = meterOf(slices, '0 query, 1 other');
    expect([test.meter.finish(), test.recorded.length]).toEqual([false, 1]);
    expect([test.meter.finish(), test.recorded.length]).toEqual([true, 2]);
    expect([test.meter.finish(), test.recorded.length]).toEqual([true, 2]);
  });
});

it('statistics tell frames from packets, and why there is no packet', () => {
  const merged = circumstances(0, 1, 1000);
  const meter = new TestMeter()
    .packet(0, fromClient({ payloadBytes: 3000 }), { circumstances: merged, wireBytes: 3054 })
    .frame(1, hex(`${MACS} 0806 0001`), { wireBytes: 60 })
    .packet(2, query(), { wireBytes: 4_294_967_295 });
  meter.finish();
  expect(meter.meter.statistics()).toEqual({
    frames: 3,
    frameBytes: 3054 + 60 + 4_294_967_295,
    otherFrames: 1,
    otherFrameBytes: 60,
    packets: 4,
    ipBytes: 3120 + 28,
    flows: 2,
    liveFlows: 2,
    records: 2,
    evictedFlows: 0,
    latePackets: 0,
    forgottenGaps: 0,
    causes: { not_ip: 1 },
  });
});

it('the seed changes the Community ID', () => {
  const ids = [0, 1].map((communityIdSeed) => meterOf({ communityIdSeed }, '0 query').onlyRecord.communityId);
  expect(ids[0]).not.toBe(ids[1]);
});
