import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openCapture } from '../../../services/probe/capture/capture-input.ts';
import type { FrameReader } from '../../../services/probe/capture/frame-reader.ts';
import type { NamedReader } from '../../../services/probe/capture/merged-reader.ts';
import { damagesOf, mergeReaders } from '../../../services/probe/capture/merged-reader.ts';
import { buildPcap } from '../../fixtures/pcap-builder.ts';
import { readFrames } from '../../fixtures/read-frames.ts';

/** [input, number in the input] of each frame stands in its two bytes; its time is in nanoseconds. */
function capture(input: number, times: readonly number[]): Buffer {
  const records = times.map((time, index) => ({
    seconds: Math.floor(time / 1000),
    fraction: time % 1000,
    bytes: Uint8Array.of(input, index),
  }));
  return buildPcap({ littleEndian: true, magic: 0xa1b23c4d, network: input }, records);
}

function openPieces(bytes: Uint8Array, pieceBytes: number): Promise<FrameReader> {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  return openCapture('-', { standardInput: Readable.from(pieces, { objectMode: false }) });
}

async function openAll(captures: readonly Uint8Array[], pieceBytes = 1 << 20): Promise<NamedReader[]> {
  const readers = await Promise.all(captures.map((bytes) => openPieces(bytes, pieceBytes)));
  return readers.map((reader, index) => ({ path: `${index}.pcap`, reader }));
}

async function mergedOrder(times: readonly (readonly number[])[], pieceBytes?: number): Promise<string[]> {
  const inputs = await openAll(
    times.map((each, input) => capture(input, each)),
    pieceBytes,
  );
  const { frames, damage } = await readFrames(mergeReaders(inputs));
  expect(damage).toBeUndefined();
  return frames.map(
    ({ bytes }) => `${Number.parseInt(bytes.slice(0, 2), 16)}.${Number.parseInt(bytes.slice(2), 16)}`,
  );
}

describe('frames come in order of time', () => {
  test.each([
    ['nothing', [], []],
    ['empty inputs', [[], []], []],
    [
      'one after the other',
      [
        [1, 2],
        [3, 4],
      ],
      ['0.0', '0.1', '1.0', '1.1'],
    ],
    [
      'given the other way round',
      [
        [3, 4],
        [1, 2],
      ],
      ['1.0', '1.1', '0.0', '0.1'],
    ],
    ['in turns', [[1, 4, 5], [2, 6], [3]], ['0.0', '1.0', '2.0', '0.1', '0.2', '1.1']],
    ['at the same times: by place', [[7, 7], [7], [7, 8]], ['0.0', '0.1', '1.0', '2.0', '2.1']],
    [
      'over a full second',
      [
        [1001, 2000],
        [999, 1000],
      ],
      ['1.0', '1.1', '0.0', '0.1'],
    ],
    [
      'backwards within an input: its own order',
      [
        [5, 1, 6],
        [3, 4],
      ],
      ['1.0', '1.1', '0.0', '0.1', '0.2'],
    ],
  ])('%s', async (_, times, order) => {
    expect(await mergedOrder(times)).toEqual(order);
    expect(await mergedOrder(times, 1)).toEqual(order);
  });

  test('any inputs in order merge to all their frames in order', async () => {
    const sorted = fc.array(fc.nat(5000), { maxLength: 30 }).map((times) => times.sort((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(
        fc.array(sorted, { maxLength: 8 }),
        fc.integer({ min: 1, max: 500 }),
        async (times, piece) => {
          const expected = times
            .flatMap((each, input) => each.map((time, index) => ({ time, input, index })))
            .sort((a, b) => a.time - b.time || a.input - b.input || a.index - b.index);
          const order = expected.map(({ input, index }) => `${input}.${index}`);
          expect(await mergedOrder(times, piece)).toEqual(order);
        },
      ),
      { numRuns: 100 },
    );
  });
});

test('a frame keeps what its own input says of it', async () => {
  const inputs = await openAll([capture(0, [5]), capture(113, [4])]);
  const { frames, bytesRead } = await readFrames(mergeReaders(inputs));
  expect(frames).toEqual([
    { seconds: 0, nanoseconds: 4, linkType: 113, wireBytes: 2, bytes: '7100' },
    { seconds: 0, nanoseconds: 5, linkType: 0, wireBytes: 2, bytes: '0000' },
  ]);
  expect(bytesRead).toBe(2 * (24 + 18));
});

test('a damaged input ends alone, and all damages are known with their paths', async () => {
  const inputs = [
    ...(await openAll([capture(0, [1, 5]).subarray(0, -1), capture(1, [2, 6]), Buffer.from('no capture')])),
    { path: '/missing.pcap', reader: await openCapture('/missing.pcap') },
  ];
  const reader = mergeReaders(inputs);
  const { frames } = await readFrames(reader);
  expect(frames.map(({ bytes }) => bytes)).toEqual(['0000', '0100', '0101']);
  expect(damagesOf(inputs).map(({ path, damage }) => [path, damage.code, damage.byteOffset])).toEqual([
    ['0.pcap', 'TRUNCATED_FRAME', 42],
    ['2.pcap', 'NOT_A_CAPTURE', 0],
    ['/missing.pcap', 'UNREADABLE', 0],
  ]);
  expect(reader.damage).toMatchObject({ code: 'TRUNCATED_FRAME' });
});

test('a single input is given as it is', async () => {
  const inputs = await openAll([capture(0, [1])]);
  expect(mergeReaders(inputs)).toBe(inputs[0].reader);
});
