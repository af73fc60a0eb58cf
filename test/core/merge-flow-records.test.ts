import { describe, expect, it } from 'vitest';
import type { TcpSide } from '../../services/core/flow-record.ts';
import { compareTimestamps, mergeFlowRecords } from '../../services/core/merge-flow-records.ts';
import { flowRecord, flowSide, sequence, tcpSide } from '../fixtures/flow-records.ts';

const at = (seconds: number, nanoseconds = 0) => ({ seconds, nanoseconds });

const record = (source: Partial<TcpSide> | undefined, packets = 1) =>
  flowRecord({
    protocol: 6,
    source: flowSide('10.0.0.1', {
      port: 40_000,
      packets,
      bytes: packets * 100,
      tcp: source === undefined ? undefined : tcpSide(source),
    }),
    destination: flowSide('10.0.0.2', { port: 80, packets: 2, bytes: 80 }),
  });

const merged = (earlier: Partial<TcpSide> | undefined, later: Partial<TcpSide> | undefined) =>
  mergeFlowRecords(record(earlier), record(later)).source.tcp;

describe('mergeFlowRecords', () => {
  it('adds counters of both sides', () => {
    const { source, destination } = mergeFlowRecords(record({}, 3), record({}, 4));
    expect([source.packets, source.bytes, destination.packets, destination.bytes]).toEqual([7, 700, 4, 160]);
  });

  it('spans the times of both, whichever is earlier', () => {
    const first = flowRecord({ start: at(10, 5), end: at(20, 7) });
    const second = flowRecord({ start: at(10, 4), end: at(20, 6) });
    for (const pair of [mergeFlowRecords(first, second), mergeFlowRecords(second, first)]) {
      expect([pair.start, pair.end]).toEqual([at(10, 4), at(20, 7)]);
    }
  });

  it('keeps what the flow is, and takes its end from the later one', () => {
    const first = flowRecord({ evidence: 'syn', direction: 'egress' });
    const { evidence, direction, flowStart, endReason } = mergeFlowRecords(
      first,
      flowRecord({ endReason: 'fin' }),
    );
    expect({ evidence, direction, flowStart, endReason }).toEqual({
      evidence: 'syn',
      direction: 'egress',
      flowStart: first.flowStart,
      endReason: 'fin',
    });
  });

  const trip = { count: 1, sumNanoseconds: 50, minNanoseconds: 50, maxNanoseconds: 50 };
  const trips = { count: 2, sumNanoseconds: 90, minNanoseconds: 30, maxNanoseconds: 60 };

  it.each<[string, Partial<TcpSide>, Partial<TcpSide>, Partial<TcpSide>]>([
    ['flags', { flags: 0x02 }, { flags: 0x11 }, { flags: 0x13 }],
    ['resets', { resets: 1 }, { resets: 2 }, { resets: 3 }],
    ['zero windows', { zeroWindows: 1 }, { zeroWindows: 2 }, { zeroWindows: 3 }],
    ['SYNs', { syns: 2, unansweredSyns: 2 }, { syns: 1 }, { syns: 3, unansweredSyns: 2 }],
    ['a handshake', { handshakeNanoseconds: 5 }, {}, { handshakeNanoseconds: 5 }],
    ['a handshake measured later', {}, { handshakeNanoseconds: 5 }, { handshakeNanoseconds: 5 }],
    ['round trips of one', { roundTrips: trip }, {}, { roundTrips: trip }],
    [
      'round trips of both',
      { roundTrips: trip },
      { roundTrips: trips },
      { roundTrips: { count: 3, sumNanoseconds: 140, minNanoseconds: 30, maxNanoseconds: 60 } },
    ],
    ['a sequence that starts later', {}, { sequence: sequence() }, { sequence: sequence() }],
    [
      'a sequence: sums of what happened, the later state of what stands',
      { sequence: sequence({ repeatedBytes: 1, missingBytes: 500, skippedBytes: 600, reorderedGaps: 1 }) },
      {
        sequence: sequence({
          highest: 3000,
          repeatedBytes: 2,
          missingBytes: 100,
          skippedBytes: 0,
          reorderedGaps: 2,
        }),
      },
      {
        sequence: sequence({
          highest: 3000,
          payloadBytes: 2000,
          repeatedBytes: 3,
          missingBytes: 100,
          skippedBytes: 600,
          reorderedGaps: 3,
        }),
      },
    ],
  ])('%s', (_name, earlier, later, expected) => {
    expect(merged(earlier, later)).toEqual(tcpSide({ flags: 0x10, ...expected }));
  });

  it('takes TCP from whichever record has it', () => {
    expect(merged(undefined, { syns: 1 })).toEqual(tcpSide({ syns: 1 }));
    expect(merged({ syns: 1 }, undefined)).toEqual(tcpSide({ syns: 1 }));
    expect(merged(undefined, undefined)).toBeUndefined();
  });
});

describe('compareTimestamps', () => {
  it.each([
    [at(1), at(2), -1],
    [at(2), at(1), 1],
    [at(1, 5), at(1, 6), -1],
    [at(1, 5), at(1, 5), 0],
    [at(4_294_967_295), at(0), 1],
  ])('%j and %j', (a, b, sign) => {
    expect(Math.sign(compareTimestamps(a, b))).toBe(sign);
  });
});
