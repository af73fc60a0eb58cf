import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CAPTURE_DAMAGE_CODES } from '../../../services/probe/capture/capture-damage.ts';
import { buildPcap } from '../../fixtures/pcap-builder.ts';
import { PcapngBuilder } from '../../fixtures/pcapng-builder.ts';
import { readPiped } from '../../fixtures/read-frames.ts';

const littleEndian = fc.boolean();
const frame = fc.uint8Array({ maxLength: 80 });

const pcap = fc
  .record({
    littleEndian,
    magic: fc.constantFrom(0xa1b2c3d4, 0xa1b23c4d),
    minor: fc.constantFrom(2, 3, 4, 4),
    frames: fc.array(frame, { maxLength: 12 }),
  })
  .map(({ frames, ...shape }) =>
    buildPcap(
      shape,
      frames.map((bytes, index) => ({ seconds: 1_790_000_000 + index, fraction: index, bytes })),
    ),
  );

const block = fc.oneof(
  fc.record({
    kind: fc.constantFrom('enhanced', 'obsolete', 'simple'),
    bytes: frame,
    interfaceId: fc.nat(2),
  }),
  fc.record({ kind: fc.constant('unknown'), bytes: frame, interfaceId: fc.integer({ min: 7, max: 5000 }) }),
  fc.record({ kind: fc.constantFrom('section', 'interface'), bytes: frame, interfaceId: fc.nat(255) }),
);

const pcapng = fc.tuple(littleEndian, fc.array(block, { maxLength: 12 })).map(([order, blocks]) => {
  const build = new PcapngBuilder(order);
  const start = [build.section(), build.interface(1), build.interface(113, 20)];
  const rest = blocks.map(({ kind, bytes, interfaceId }) => {
    if (kind === 'enhanced') return build.enhancedPacket(interfaceId, 1n << 50n, bytes);
    if (kind === 'obsolete') return build.obsoletePacket(interfaceId, 1n << 50n, bytes);
    if (kind === 'simple') return build.simplePacket(bytes);
    if (kind === 'interface') return build.interface(interfaceId, 0, [[9, Uint8Array.of(interfaceId)]]);
    return kind === 'section' ? build.section() : build.block(interfaceId, bytes);
  });
  return Buffer.concat([...start, ...rest]);
});

/** Overwrites, cuts out and doubles some bytes. */
const mangled = fc
  .tuple(
    fc.oneof(pcap, pcapng),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 3, 4, 0x7f, 0x80, 0xff)), { maxLength: 6 }),
    fc.option(fc.tuple(fc.nat(), fc.nat(40))),
  )
  .map(([bytes, writes, cut]) => {
    const copy = Buffer.from(bytes);
    for (const [at, value] of writes) copy[at % copy.length] = value;
    if (cut === null) return copy;
    const at = cut[0] % copy.length;
    return Buffer.concat([copy.subarray(0, at), copy.subarray(at + cut[1])]);
  });

const whole = fc.oneof(
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  pcap,
  pcapng,
  mangled,
  mangled.map((bytes) => gzipSync(bytes)),
);

const corruptGzip = fc.tuple(mangled, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([bytes, at, flip]) => {
  const zipped = gzipSync(bytes);
  zipped[at % zipped.length] ^= flip;
  return zipped;
});

describe('whatever the bytes', () => {
  test('reading ends, and gives frames, times and damage in their ranges', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(whole, corruptGzip), async (bytes) => {
        const { frames, damage, bytesRead } = await readPiped(bytes);
        for (const { seconds, nanoseconds, linkType } of frames) {
          expect(seconds >= 0 && seconds <= 0xffffffff && Number.isInteger(seconds)).toBe(true);
          expect(nanoseconds >= 0 && nanoseconds <= 999_999_999 && Number.isInteger(nanoseconds)).toBe(true);
          expect(linkType >= 0 && linkType <= 0xffff).toBe(true);
        }
        if (damage === undefined) return;
        expect(CAPTURE_DAMAGE_CODES).toHaveProperty(damage.code);
        expect(damage.byteOffset).toBe(bytesRead);
      }),
      { numRuns: 600 },
    );
  });

  test('no way of cutting them into pieces changes what is read', async () => {
    await fc.assert(
      fc.asyncProperty(whole, fc.integer({ min: 1, max: 60 }), async (bytes, pieceBytes) => {
        expect(await readPiped(bytes, pieceBytes)).toEqual(await readPiped(bytes));
      }),
      { numRuns: 300 },
    );
  });
});

test('frames lie within the input before the damage, one behind the other', async () => {
  await fc.assert(
    fc.asyncProperty(mangled, async (bytes) => {
      const { frames, bytesRead } = await readPiped(bytes);
      const text = bytes.subarray(0, bytesRead).toString('latin1');
      let at = 0;
      for (const frame of frames) {
        const found = text.indexOf(Buffer.from(frame.bytes, 'hex').toString('latin1'), at);
        expect(found).toBeGreaterThanOrEqual(at);
        at = found + frame.bytes.length / 2;
      }
    }),
    { numRuns: 300 },
  );
});
