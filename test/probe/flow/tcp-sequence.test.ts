import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SequenceState } from '../../../services/core/flow-record.ts';
import { tcpSides } from '../../fixtures/tcp-conversation.ts';
import type { Part } from '../../fixtures/tcp-stream.ts';
import { initialNumber, sequenceOf, stateAfter } from '../../fixtures/tcp-stream.ts';
import { fromClient, TestMeter } from '../../fixtures/test-meter.ts';

/** What a state would be that remembered every byte; and how many gaps were open at most. */
function model(parts: readonly Part[]): Omit<SequenceState, 'initial' | 'reorderedGaps'> & { gaps: number } {
  const seen = new Uint8Array(20_000);
  const state = { highest: 0, payloadBytes: 0, repeatedBytes: 0, missingBytes: 0, skippedBytes: 0, gaps: 0 };
  for (const [start, length] of parts) {
    if (length === 0) continue;
    state.payloadBytes += length;
    state.skippedBytes += Math.max(0, start - state.highest);
    for (let at = start; at < start + length; at++) {
      if (seen[at] === 1) state.repeatedBytes++;
      seen[at] = 1;
    }
    state.highest = Math.max(state.highest, start + length);
    let gaps = 0;
    for (let at = 0; at < state.highest; at++) if (seen[at] === 0 && (at === 0 || seen[at - 1] === 1)) gaps++;
    state.gaps = Math.max(state.gaps, gaps);
  }
  for (let at = 0; at < state.highest; at++) if (seen[at] === 0) state.missingBytes++;
  return state;
}

const sumOfPayload = ({ highest, initial, missingBytes, repeatedBytes }: SequenceState): number =>
  highest - initial - missingBytes + repeatedBytes;

const part: fc.Arbitrary<Part> = fc.tuple(fc.nat(9000), fc.oneof(fc.nat(3000), fc.constantFrom(0, 1, 1448)));
/** In any order, with any overlap, repeated or not. */
const anyParts = fc.array(part, { maxLength: 30 });
/** A stream in pieces, of which some are swapped, dropped and doubled. */
const nearlyOrdered = fc
  .array(
    fc.tuple(
      fc.integer({ min: 1, max: 400 }),
      fc.constantFrom(1, 1, 1, 1, 0, 2),
      fc.constantFrom(0, 0, 0, 1, 3),
    ),
    {
      maxLength: 30,
    },
  )
  .map((pieces) => {
    let at = 0;
    const parts = pieces.flatMap(([length, copies, delay], index) => {
      at += length;
      const start = at - length;
      return Array.from({ length: copies }, (_, copy) => ({
        order: index + delay * (copy + 1),
        part: [start, length] as const,
      }));
    });
    return parts.sort((a, b) => a.order - b.order).map((entry) => entry.part);
  });

describe('payload = highest - initial - missing + repeated', () => {
  it('for any order, overlap, repetition and wrap; and exactly so while four gaps are enough', () => {
    let exact = 0;
    fc.assert(
      fc.property(fc.oneof(anyParts, nearlyOrdered), initialNumber, (parts, initial) => {
        const state = stateAfter(parts, initial);
        expect(state.payloadBytes).toBe(sumOfPayload(state));
        const { gaps, highest, ...expected } = model(parts);
        expect(state).toMatchObject({
          initial,
          highest: initial + highest,
          payloadBytes: expected.payloadBytes,
          skippedBytes: expected.skippedBytes,
        });
        // A gap in the middle of which bytes arrive becomes two.
        if (gaps > 4) return;
        exact++;
        expect(state).toMatchObject(expected);
      }),
      { numRuns: 1500 },
    );
    expect(exact).toBeGreaterThan(300);
  });

  it('also where no place is left to remember gaps', () => {
    fc.assert(
      fc.property(anyParts, initialNumber, (parts, initial) => {
        const meter = new TestMeter({ maxFlows: 2048 });
        for (let port = 1; port <= 1024; port++) {
          meter.packet(0, fromClient({ port, sequence: 1, payloadBytes: 1 }));
          meter.packet(0, fromClient({ port, sequence: 9, payloadBytes: 1 }));
        }
        const state = stateAfter(parts, initial, meter);
        expect(state.payloadBytes).toBe(sumOfPayload(state));
        const skips = model(parts).skippedBytes > 0;
        expect(meter.meter.statistics().forgottenGaps > 0).toBe(skips);
      }),
      { numRuns: 60 },
    );
  });

  it('beyond 4 GiB', () => {
    const meter = new TestMeter();
    const length = 65_000;
    const count = 70_000;
    for (let index = 0; index < count; index++) {
      const segment = { sequence: (index * length) % 2 ** 32, payloadBytes: length };
      meter.packet(index / 100, fromClient(segment));
      // Every thousandth is sent again.
      if (index % 1000 === 999) meter.packet(index / 100, fromClient(segment));
    }
    expect(sequenceOf(meter)).toEqual({
      initial: 0,
      highest: count * length,
      payloadBytes: (count + 70) * length,
      repeatedBytes: 70 * length,
      missingBytes: 0,
      skippedBytes: 0,
      reorderedGaps: 0,
    });
  });
});

describe('one direction', () => {
  const ISN = '0 > S seq 999, ';
  it.each<[string, string, Partial<SequenceState>]>([
    ['in order', '1 > . seq 1000 len 10, 2 > . seq 1010 len 10', { highest: 1020, payloadBytes: 20 }],
    [
      'one lost',
      '1 > . seq 1000 len 10, 2 > . seq 1020 len 10',
      { highest: 1030, payloadBytes: 20, missingBytes: 10, skippedBytes: 10 },
    ],
    [
      'lost and sent again',
      '1 > . seq 1010 len 10, 900 > . seq 1000 len 10',
      { highest: 1020, missingBytes: 0, skippedBytes: 10, reorderedGaps: 0 },
    ],
    [
      'late by 3 ms: reordered',
      '1 > . seq 1010 len 10, 4 > . seq 1000 len 10',
      { missingBytes: 0, skippedBytes: 10, reorderedGaps: 1 },
    ],
    [
      'sent again without need',
      '1 > . seq 1000 len 10, 2 > . seq 1000 len 10',
      { payloadBytes: 20, repeatedBytes: 10, missingBytes: 0 },
    ],
    [
      'sent again with more',
      '1 > . seq 1000 len 10, 2 > . seq 1005 len 10',
      { highest: 1015, repeatedBytes: 5 },
    ],
    [
      'a keep-alive repeats a byte',
      '1 > . seq 1000 len 10, 2 > . seq 1009 len 1',
      { highest: 1010, repeatedBytes: 1 },
    ],
    [
      'the SYN sent again changes nothing',
      '1 > . seq 1000 len 10, 2 > S seq 999, 3 > . seq 1010 len 10',
      { highest: 1020, missingBytes: 0, skippedBytes: 0 },
    ],
    [
      'reordered after 2038',
      '400000000001 > . seq 1010 len 10, 400000000002 > . seq 1000 len 10',
      { missingBytes: 0, reorderedGaps: 1 },
    ],
    ['an acknowledgment has no bytes', '1 > . seq 5000', { highest: 1000, payloadBytes: 0 }],
    ['a reset is not of the stream', '1 > R seq 77777 len 10', { highest: 1000, payloadBytes: 0 }],
    [
      'another stream on the same ports goes on behind',
      '1 > . seq 1000 len 10, 2 > S seq 70000, 3 > . seq 70001 len 10',
      { highest: 1020, payloadBytes: 20, missingBytes: 0 },
    ],
    [
      'so does a jump beyond 2^30',
      '1 > . seq 1000 len 10, 2 > . seq 3000000000 len 10',
      { highest: 1020, payloadBytes: 20, missingBytes: 0, skippedBytes: 0 },
    ],
  ])('%s', (_name, segments, expected) => {
    const [client] = tcpSides(ISN + segments);
    expect(client.sequence).toMatchObject({ initial: 1000, ...expected });
  });

  it.each<[string, string]>([
    ['only its own number', '1 < S. seq 1 ack 1000, 2 > . seq 1000 len 5'],
    ['its data too', '1 < S. seq 1 ack 1005'],
  ])('begins with the data of a SYN, of which the answer acknowledges %s', (_name, rest) => {
    const [client] = tcpSides(`0 > S seq 999 len 5, ${rest}`);
    expect(client).toMatchObject({ handshakeNanoseconds: 1e6, sequence: { initial: 1000, highest: 1005 } });
  });

  it('seen from the middle starts with its first segment', () => {
    const [client] = tcpSides('0 > . seq 5000 len 10, 1 > . seq 4990 len 10');
    expect(client.sequence).toMatchObject({
      initial: 5000,
      highest: 5010,
      payloadBytes: 20,
      repeatedBytes: 10,
    });
  });

  it('counts a quarter of the round trip as reordering where that is longer', () => {
    const handshake = '0 > S seq 999, 40 < S. seq 1 ack 1000, ';
    const [near] = tcpSides(`${handshake}41 > . seq 1010 len 10, 50 > . seq 1000 len 10`);
    const [far] = tcpSides(`${handshake}41 > . seq 1010 len 10, 53 > . seq 1000 len 10`);
    expect([near.sequence?.reorderedGaps, far.sequence?.reorderedGaps]).toEqual([1, 0]);
  });
});
