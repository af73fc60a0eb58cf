import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowRecord, FlowSide } from '../../../services/core/flow-record.ts';
import { mergeFlowRecords } from '../../../services/core/merge-flow-records.ts';
import * as packet from '../../../services/probe/decode/packet-row.ts';
import type { FlowMeterOptions } from '../../../services/probe/flow/flow-meter.ts';
import type { TimedFrame } from '../../fixtures/any-traffic.ts';
import { anyTraffic, openTraffic } from '../../fixtures/any-traffic.ts';
import { TestDecoder } from '../../fixtures/decoded-packet.ts';
import type { RecordedFlow } from '../../fixtures/test-meter.ts';
import { BASE_SECONDS, TestMeter } from '../../fixtures/test-meter.ts';

const windowMs = fc.constantFrom(0, 100, 1000, 2500, 10_000);
const timeouts = fc.record({
  idleTimeoutSeconds: fc.constantFrom(0, 1, 5),
  tcpIdleTimeoutSeconds: fc.constantFrom(0, 2, 20),
  activeTimeoutSeconds: fc.constantFrom(0, 3),
});
const sweepRows = fc.constantFrom(1, 2, 1000);

/** Takes all frames; a window that closes in slices goes on closing behind every second frame. */
function meterAll(options: Partial<FlowMeterOptions>, frames: readonly TimedFrame[]): TestMeter {
  const test = new TestMeter({ maxFlows: 512, ...options });
  for (const [index, { ms, linkType, bytes }] of frames.entries()) {
    test.frame(ms, bytes, { linkType });
    // Else packets wait until there is a batch of them.
    if (index % 4 === 0) test.meter.statistics();
    if (index % 2 === 1) test.meter.sweep();
  }
  test.finish();
  return test;
}

const packetsOf = ({ record }: RecordedFlow): number => record.source.packets + record.destination.packets;
const bytesOf = ({ record }: RecordedFlow): number => record.source.bytes + record.destination.bytes;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Packets and IP bytes of the frames, as they decode. */
function decodedTotals(frames: readonly TimedFrame[]): [packets: number, bytes: number] {
  const decoder = new TestDecoder();
  const totals: [number, number] = [0, 0];
  for (const { ms, linkType, bytes } of frames) {
    const seconds = BASE_SECONDS + Math.floor(ms / 1000);
    if (decoder.decode(bytes, { linkType, seconds }) === undefined) continue;
    totals[0] += decoder.row[packet.PACKETS];
    totals[1] += decoder.row[packet.IP_BYTES];
  }
  return totals;
}

describe('what goes in comes out', () => {
  it('in any windows, with any timeouts, however few flows there is room for, and in any number of shards', () => {
    const few = fc.constantFrom(1, 2, 5, 512);
    const shards = fc.integer({ min: 1, max: 3 });
    fc.assert(
      fc.property(
        anyTraffic,
        windowMs,
        timeouts,
        few,
        shards,
        sweepRows,
        (frames, window, times, maxFlows, count, rows) => {
          const options = { ...times, windowMs: window, maxFlows, sweepRows: rows };
          const indexes = Array.from({ length: count }, (_, index) => index);
          const tests = indexes.map((index) => meterAll({ ...options, shard: { index, count } }, frames));
          const statistics = tests.map(({ meter }) => meter.statistics());
          const recorded = tests.flatMap((test) => test.recorded);
          const expected = decodedTotals(frames);
          expect([sum(recorded.map(packetsOf)), sum(recorded.map(bytesOf))]).toEqual(expected);
          expect([sum(statistics.map((of) => of.packets)), sum(statistics.map((of) => of.ipBytes))]).toEqual(
            expected,
          );
          expect(sum(statistics.map((of) => of.records))).toBe(recorded.length);
          for (const { liveFlows } of statistics) expect(liveFlows).toBeLessThanOrEqual(maxFlows);
          for (const { record } of recorded) expect(isForwards(record)).toBe(true);
        },
      ),
      { numRuns: 600 },
    );
  });
});

/** Whether a record does not end before it starts. */
function isForwards({ start, end }: FlowRecord): boolean {
  return (
    start.seconds < end.seconds || (start.seconds === end.seconds && start.nanoseconds <= end.nanoseconds)
  );
}

const texts = (recorded: readonly RecordedFlow[]): string[] =>
  recorded.map((flow) => JSON.stringify(flow)).sort();

describe('the same traffic metered in other ways', () => {
  it('gives the records of one meter from two shards', () => {
    fc.assert(
      fc.property(anyTraffic, windowMs, timeouts, (frames, window, times) => {
        const options = { ...times, windowMs: window };
        const whole = meterAll(options, frames);
        const shards = [0, 1].map((index) => meterAll({ ...options, shard: { index, count: 2 } }, frames));
        expect(texts(shards.flatMap(({ recorded }) => recorded))).toEqual(texts(whole.recorded));
      }),
      { numRuns: 300 },
    );
  });

  it("gives a flow's one record from those of its windows added up", () => {
    fc.assert(
      fc.property(openTraffic, windowMs, sweepRows, (frames, window, rows) => {
        const whole = meterAll({}, frames);
        const windowed = meterAll({ windowMs: window, sweepRows: rows }, frames);
        expect(merged(windowed.recorded)).toEqual(merged(whole.recorded));
      }),
      { numRuns: 500 },
    );
  });

  it('gives each flow one record a window, whose packets passed in it', () => {
    fc.assert(
      fc.property(
        openTraffic,
        windowMs.filter((ms) => ms > 0),
        sweepRows,
        (frames, window, rows) => {
          const recorded = meterAll({ windowMs: window, sweepRows: rows }, frames).recorded;
          const filled = recorded.filter((flow) => packetsOf(flow) > 0);
          const places = filled.map((flow) => `${flow.record.communityId} ${flow.window?.startMs}`);
          expect(new Set(places).size).toBe(filled.length);
          for (const { record, window: span } of filled) {
            const ms = [record.start, record.end].map((time) => time.seconds * 1000 + time.nanoseconds / 1e6);
            expect(ms[0]).toBeGreaterThanOrEqual(span?.startMs ?? 0);
            expect(ms[1]).toBeLessThan(span?.endMs ?? 0);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** All records of each flow added up; without what is told of a window's end and does not add up. */
function merged(recorded: readonly RecordedFlow[]): Map<string, FlowRecord> {
  const flows = new Map<string, FlowRecord>();
  for (const { record } of recorded) {
    const known = flows.get(record.communityId);
    const next = {
      ...record,
      source: withoutUnanswered(record.source),
      destination: withoutUnanswered(record.destination),
    };
    flows.set(record.communityId, known === undefined ? next : mergeFlowRecords(known, next));
  }
  return new Map([...flows].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function withoutUnanswered(side: FlowSide): FlowSide {
  return side.tcp === undefined ? side : { ...side, tcp: { ...side.tcp, unansweredSyns: 0 } };
}
