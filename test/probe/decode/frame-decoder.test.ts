import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { circumstances } from '../../../services/probe/capture/packet-sink.ts';
import { DECODED } from '../../../services/probe/decode/common-frame.ts';
import { DECODE_CAUSES, UNDECODED_CAUSES } from '../../../services/probe/decode/decode-counters.ts';
import { FrameDecoder } from '../../../services/probe/decode/frame-decoder.ts';
import * as row from '../../../services/probe/decode/packet-row.ts';
import { TUNNELS } from '../../../services/probe/decode/tunnel.ts';
import type { AnyFrame } from '../../fixtures/any-frame.ts';
import { anyFrame } from '../../fixtures/any-frame.ts';
import { EMPTY_ROW } from '../../fixtures/decoded-packet.ts';

/** Frames one after the other, so that the table of fragments takes part; offload or not. */
const anyFrames = fc.array(
  fc.tuple(anyFrame, fc.constantFrom(0, 1, 2, circumstances(1, 1, 1448), circumstances(2, 4, 0xffff))),
  { minLength: 1, maxLength: 4 },
);
const anyTunnels = fc.constantFrom([], [...TUNNELS]);

interface Result {
  readonly isPacket: boolean;
  readonly words: Int32Array;
  readonly counters: Float64Array;
}

/** Decodes a frame that stands `before` bytes behind the start of its memory, with `poison` on both sides. */
function decodeAmid(
  decoder: FrameDecoder,
  { bytes, linkType, wireBytes }: AnyFrame,
  facts: number,
  before: number,
  poison: number,
): Result {
  const memory = new Uint8Array(before + bytes.length + 64).fill(poison);
  memory.set(bytes, before);
  const words = EMPTY_ROW.slice();
  const view = new DataView(memory.buffer);
  const result = decoder.decode(view, before, bytes.length, wireBytes, linkType, 1000, facts, words, 0);
  return { isPacket: result === DECODED, words, counters: decoder.counters.slice() };
}

/** Decodes a frame from memory that ends with it: reading on would throw a RangeError. */
function decodeExactly(
  decoder: FrameDecoder,
  { bytes, linkType, wireBytes }: AnyFrame,
  facts: number,
): Result {
  const words = EMPTY_ROW.slice();
  const view = new DataView(bytes.slice().buffer);
  const result = decoder.decode(view, 0, bytes.length, wireBytes, linkType, 1000, facts, words, 0);
  return { isPacket: result === DECODED, words, counters: decoder.counters.slice() };
}

const undecoded = UNDECODED_CAUSES.map((cause) => DECODE_CAUSES.indexOf(cause));
const sumOf = (counters: Float64Array): number => undecoded.reduce((sum, index) => sum + counters[index], 0);

describe('whatever the bytes', () => {
  it('a frame is a packet or counts by exactly one cause', () => {
    fc.assert(
      fc.property(anyFrames, anyTunnels, (frames, decapsulate) => {
        const decoder = new FrameDecoder({ decapsulate, fragmentCapacity: 4, hashSeed: 1 });
        let others = 0;
        for (const [frame, facts] of frames) {
          const { isPacket, counters } = decodeExactly(decoder, frame, facts);
          if (!isPacket) others++;
          expect(sumOf(counters)).toBe(others);
        }
      }),
      { numRuns: 4000 },
    );
  });

  it('nothing outside of the captured ones is read', () => {
    fc.assert(
      fc.property(anyFrames, anyTunnels, fc.nat(40), (frames, decapsulate, before) => {
        const options = { decapsulate, fragmentCapacity: 4, hashSeed: 1 };
        const decoders = [new FrameDecoder(options), new FrameDecoder(options), new FrameDecoder(options)];
        for (const [frame, facts] of frames) {
          const expected = decodeExactly(decoders[0], frame, facts);
          expect(decodeAmid(decoders[1], frame, facts, before, 0x00)).toEqual(expected);
          expect(decodeAmid(decoders[2], frame, facts, before, 0xff)).toEqual(expected);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('the words of a packet are in their ranges', () => {
    fc.assert(
      fc.property(anyFrames, anyTunnels, (frames, decapsulate) => {
        const decoder = new FrameDecoder({ decapsulate, fragmentCapacity: 4, hashSeed: 1 });
        for (const [frame, facts] of frames) {
          const { isPacket, words } = decodeExactly(decoder, frame, facts);
          if (!isPacket) continue;
          expect([0, 1]).toContain(words[row.DIRECTION]);
          expect([0, 1, 2]).toContain(words[row.ORIGIN]);
          expect(words[row.PACKETS]).toBeGreaterThanOrEqual(1);
          expect(words[row.IP_BYTES]).toBeGreaterThanOrEqual(0);
          expect(words[row.PAYLOAD_BYTES]).toBeGreaterThanOrEqual(0);
          expect(words[row.PAYLOAD_BYTES]).toBeLessThanOrEqual(words[row.IP_BYTES]);
          expect([0x400, 0x600]).toContain(words[row.KIND] & 0xf00);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
