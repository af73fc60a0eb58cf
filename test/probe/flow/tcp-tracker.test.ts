import { describe, expect, it } from 'vitest';
import type { TcpSide } from '../../../services/core/flow-record.ts';
import { ipv4, tcp } from '../../fixtures/frames.ts';
import { clientAndServer, tcpRecords, tcpSides } from '../../fixtures/tcp-conversation.ts';
import { TestMeter } from '../../fixtures/test-meter.ts';

const NONE = undefined;

describe('handshake round trips, in nanoseconds towards each end', () => {
  const SYN = '> S seq 999';
  const SYN_ACK = '< S. seq 4999 ack 1000';
  const ACK = '> . seq 1000 ack 5000';
  it.each<[string, string, number | undefined, number | undefined]>([
    ['whole', `0 ${SYN}, 2.5 ${SYN_ACK}, 2.75 ${ACK}`, 2_500_000, 250_000],
    ['SYN sent again: none', `0 ${SYN}, 1000 ${SYN}, 1002 ${SYN_ACK}, 1003 ${ACK}`, NONE, 1_000_000],
    ['SYN-ACK sent again: none', `0 ${SYN}, 2 ${SYN_ACK}, 1002 ${SYN_ACK}, 1003 ${ACK}`, 2_000_000, NONE],
    ['without the SYN', `2 ${SYN_ACK}, 3 ${ACK}`, NONE, 1_000_000],
    ['refused', `0 ${SYN}, 2 < R. ack 1000`, NONE, NONE],
    ['acknowledged by data', `0 ${SYN}, 2 ${SYN_ACK}, 3 ${ACK} len 10`, 2_000_000, 1_000_000],
    ['at once: a nanosecond', `0 ${SYN}, 0 ${SYN_ACK}, 0 ${ACK}`, 1, 1],
    ['the clock was set back', `5 ${SYN}, 2 ${SYN_ACK}, 3 ${ACK}`, NONE, 1_000_000],
    ['longer than 32 bits of nanoseconds', `0 ${SYN}, 9000 ${SYN_ACK}`, 4_294_967_295, NONE],
    ['over a second', `999.999 ${SYN}, 1000.001 ${SYN_ACK}`, 2000, NONE],
    ['the numbers wrap', '0 > S seq 4294967295, 1 < S. ack 0', 1_000_000, NONE],
    ['an acknowledgment of something else', `0 ${SYN}, 1 < S. ack 999`, NONE, NONE],
  ])('%s', (_name, segments, client, server) => {
    expect(tcpSides(segments).map((side) => side.handshakeNanoseconds)).toEqual([client, server]);
  });

  it('are in the first record after they were measured, and in no other', () => {
    const records = tcpRecords(`9999 ${SYN}, 9999.5 ${SYN_ACK}, 10001 ${ACK}, 20000 ${ACK}`, 10_000);
    const times = records.map((record) => clientAndServer(record).map((side) => side.handshakeNanoseconds));
    expect(times).toEqual([
      [500_000, NONE],
      [NONE, 1_500_000],
      [NONE, NONE],
    ]);
  });
});

describe('round trips from data to its acknowledgment, in milliseconds', () => {
  it.each<[string, string, number[]]>([
    ['one', '0 > . seq 0 len 100, 3 < . ack 100', [3]],
    ['two in turn', '0 > . seq 0 len 100, 3 < . ack 100, 10 > . seq 100 len 100, 11 < . ack 200', [3, 1]],
    ['one acknowledgment of all', '0 > . seq 0 len 100, 1 > . seq 100 len 100, 5 < . ack 200', [5]],
    ['none by an acknowledgment of a part', '0 > . seq 0 len 100, 3 < . ack 99', []],
    ['none across a retransmission', '0 > . seq 0 len 100, 200 > . seq 0 len 100, 203 < . ack 100', []],
    [
      'none across a retransmission of what came before',
      '0 > . seq 0 len 9, 1 < . ack 9, 2 > . seq 9 len 9, 3 > . seq 0 len 9, 4 < . ack 18',
      [1],
    ],
    ['none for data behind a gap', '0 > . seq 0 len 9, 1 < . ack 9, 2 > . seq 20 len 9, 3 < . ack 29', [1]],
    [
      'again behind a retransmission',
      '0 > . seq 0 len 9, 9 > . seq 0 len 9, 10 < . ack 9, 20 > . seq 9 len 9, 22 < . ack 18',
      [2],
    ],
    ['over the wrap of the numbers', '0 > . seq 4294967264 len 100, 3 < . ack 68', [3]],
    ['none by a segment without ACK', '0 > . seq 0 len 100, 3 < - ack 100', []],
    ['none by a reset', '0 > . seq 0 len 100, 3 < R. ack 100', []],
  ])('%s', (_name, segments, expected) => {
    const nanoseconds = expected.map((ms) => ms * 1e6);
    const trips = {
      count: expected.length,
      sumNanoseconds: nanoseconds.reduce((sum, trip) => sum + trip, 0),
      minNanoseconds: Math.min(...nanoseconds),
      maxNanoseconds: Math.max(...nanoseconds),
    };
    expect(tcpSides(segments)[0].roundTrips).toEqual(expected.length === 0 ? NONE : trips);
  });

  it('count in the window of the acknowledgment', () => {
    const segments = '9999 > . seq 0 len 100, 10001 < . ack 100, 20000 > . seq 100 len 100';
    const counts = tcpRecords(segments, 10_000).map((record) => clientAndServer(record)[0].roundTrips?.count);
    expect(counts).toEqual([NONE, 1, NONE]);
  });
});

describe('counters of client and server', () => {
  it.each<[string, string, Partial<TcpSide>, Partial<TcpSide>]>([
    ['flags', '0 > S, 1 < S., 2 > P., 3 > F.', { flags: 0x1b }, { flags: 0x12 }],
    ['resets', '0 > ., 1 > R, 2 > R., 3 < R', { resets: 2 }, { resets: 1 }],
    ['zero windows', '0 > . win 0, 1 > . win 0, 2 > . win 1, 3 < .', { zeroWindows: 2 }, { zeroWindows: 0 }],
    ['the window of a reset is none', '0 > ., 1 > R win 0', { zeroWindows: 0 }, {}],
    ['SYNs that nothing answers', '0 > S, 1000 > S, 3000 > S', { syns: 3, unansweredSyns: 3 }, { syns: 0 }],
    ['SYNs answered at last', '0 > S, 1000 > S, 1001 < S.', { syns: 2, unansweredSyns: 0 }, { syns: 1 }],
    ['SYNs refused are answered', '0 > S, 1 < R.', { syns: 1, unansweredSyns: 0 }, {}],
    ['a SYN-ACK that nothing answers', '0 < S.', { syns: 0 }, { syns: 1, unansweredSyns: 1 }],
  ])('%s', (_name, segments, client, server) => {
    expect(tcpSides(segments)).toMatchObject([client, server]);
  });

  it('start again with each window, but an answer stays an answer', () => {
    const records = tcpRecords('0 > S, 1 < S. win 0, 10000 > S, 20000 < R', 10_000).map(clientAndServer);
    const client = records.map(([side]) => [side.flags, side.syns, side.unansweredSyns]);
    expect(client).toEqual([
      [0x02, 1, 0],
      [0x02, 1, 0],
      [0x00, 0, 0],
    ]);
    expect(records.map(([, side]) => [side.zeroWindows, side.resets])).toEqual([
      [1, 0],
      [0, 0],
      [0, 1],
    ]);
  });

  it('are zero, and numbers are none, where the header was cut', () => {
    const cut = ipv4({ protocol: 6 }, tcp({ flags: 0x02 }).subarray(0, 19));
    const { source } = new TestMeter().packet(0, cut).onlyRecord;
    expect(source.tcp).toMatchObject({ flags: 0, syns: 0, sequence: undefined });
  });
});
