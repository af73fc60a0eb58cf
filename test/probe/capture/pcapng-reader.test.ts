import { describe, expect, test } from 'vitest';
import { PcapngBuilder } from '../../fixtures/pcapng-builder.ts';
import { readPiped } from '../../fixtures/read-frames.ts';

const ORDERS = [
  { order: 'little-endian', build: new PcapngBuilder(true) },
  { order: 'big-endian', build: new PcapngBuilder(false) },
];
const LITTLE = ORDERS[0].build;

const FRAME = Uint8Array.of(1, 2, 3, 4, 5);
const FRAME_HEX = '0102030405';
const MICROSECONDS = 1_790_000_000_123_456n;
const AT_MICROSECONDS = { seconds: 1_790_000_000, nanoseconds: 123_456_000 };

describe.each(ORDERS)('$order', ({ build }) => {
  test.each([
    ['enhanced packet', build.enhancedPacket(0, MICROSECONDS, FRAME, 1500), AT_MICROSECONDS, 1500],
    ['obsolete packet', build.obsoletePacket(0, MICROSECONDS, FRAME, 1500), AT_MICROSECONDS, 1500],
    ['simple packet', build.simplePacket(FRAME), { seconds: 0, nanoseconds: 0 }, 5],
  ])('%s', async (_, block, time, wireBytes) => {
    const file = Buffer.concat([build.section(), build.interface(101), block]);
    for (const pieceBytes of [file.length, 7, 1]) {
      expect(await readPiped(file, pieceBytes)).toEqual({
        frames: [{ ...time, linkType: 101, wireBytes, bytes: FRAME_HEX }],
        damage: undefined,
        bytesRead: file.length,
      });
    }
  });

  test.each([
    ['no limit', 0, 5, 5],
    ['a limit below the frame', 3, 5, 3],
    ['a limit above the frame', 96, 5, 5],
  ])('a simple packet under %s', async (_, snaplenBytes, wireBytes, capturedBytes) => {
    const bytes = FRAME.subarray(0, capturedBytes);
    const blocks = [build.section(), build.interface(1, snaplenBytes), build.simplePacket(bytes, wireBytes)];
    const { frames } = await readPiped(Buffer.concat(blocks));
    expect(frames).toMatchObject([{ wireBytes, bytes: Buffer.from(bytes).toString('hex') }]);
  });

  test('each interface has its own link type, unit and offset', async () => {
    const blocks = [
      build.section(),
      build.interface(1, 0, [[2, Buffer.from('eth0')], ...build.timeOptions(9)]),
      build.interface(113, 0, build.timeOptions(0x80 | 20, 1_000_000_000n)),
      build.enhancedPacket(1, (5n << 20n) | (1n << 19n), FRAME),
      build.enhancedPacket(0, 1_790_000_000_000_000_001n, FRAME),
    ];
    const { frames } = await readPiped(Buffer.concat(blocks));
    expect(frames).toMatchObject([
      { linkType: 113, seconds: 1_000_000_005, nanoseconds: 500_000_000 },
      { linkType: 1, seconds: 1_790_000_000, nanoseconds: 1 },
    ]);
  });

  test('other blocks are passed over, those longer than memory too', async () => {
    const blocks = [
      build.section(1, 2),
      build.block(0x0bad, Buffer.alloc(40)),
      build.interface(1),
      build.block(0x80000001, Buffer.alloc(3 << 20, 0x55)),
      build.enhancedPacket(0, MICROSECONDS, FRAME),
      build.block(4, Buffer.alloc(0)),
    ];
    const file = Buffer.concat(blocks);
    for (const pieceBytes of [file.length, 65_536, 4093]) {
      const { frames, damage, bytesRead } = await readPiped(file, pieceBytes);
      expect(frames).toMatchObject([{ ...AT_MICROSECONDS, bytes: FRAME_HEX }]);
      expect({ damage, bytesRead }).toEqual({ damage: undefined, bytesRead: file.length });
    }
  });
});

test('each section has its own byte order and interfaces', async () => {
  const [{ build: little }, { build: big }] = ORDERS;
  const blocks = [
    [little.section(), little.interface(1), little.enhancedPacket(0, MICROSECONDS, FRAME)],
    [big.section(), big.interface(113), big.enhancedPacket(0, MICROSECONDS, FRAME)],
    [little.section(), little.interface(228), little.simplePacket(FRAME)],
  ];
  const { frames } = await readPiped(Buffer.concat(blocks.flat()));
  expect(frames.map(({ linkType, seconds }) => [linkType, seconds])).toEqual([
    [1, 1_790_000_000],
    [113, 1_790_000_000],
    [228, 0],
  ]);
});

describe('damage ends the capture at the block that has it', () => {
  const packet = LITTLE.enhancedPacket(0, MICROSECONDS, FRAME);
  const start = Buffer.concat([LITTLE.section(), LITTLE.interface(1), packet]);
  const overlong = Buffer.from(packet);
  overlong.writeUInt32LE(9, 20);
  const packetWithout = (bytes: number) => LITTLE.block(6, Buffer.alloc(bytes));
  const options = (...list: Parameters<PcapngBuilder['options']>[0]) => LITTLE.interface(1, 0, list);
  const cutOption = LITTLE.block(1, Buffer.from('0100000000000000090008000600', 'hex'));
  test.each([
    ['cut in a block', packet.subarray(0, packet.length - 1), 'TRUNCATED_BLOCK'],
    ['cut in a block header', packet.subarray(0, 11), 'TRUNCATED_BLOCK'],
    ['one byte more', Buffer.alloc(1), 'TRUNCATED_BLOCK'],
    [
      'cut in a block longer than memory',
      LITTLE.block(9, Buffer.alloc(1 << 20)).subarray(0, -2),
      'TRUNCATED_BLOCK',
    ],
    ['a length of 0', Buffer.alloc(12), 'BAD_BLOCK_LENGTH'],
    ['a length below the least', LITTLE.block(9, Buffer.alloc(0), { header: 8 }), 'BAD_BLOCK_LENGTH'],
    [
      'a length that is no multiple of 4',
      LITTLE.block(9, Buffer.alloc(4), { header: 15 }),
      'BAD_BLOCK_LENGTH',
    ],
    ['another length at the end', LITTLE.block(9, Buffer.alloc(4), { trailer: 20 }), 'BAD_BLOCK_TRAILER'],
    [
      'the same in a block longer than memory',
      LITTLE.block(9, Buffer.alloc(1 << 20), { trailer: 4 }),
      'BAD_BLOCK_TRAILER',
    ],
    ['a packet block longer than any', LITTLE.block(6, Buffer.alloc(1 << 20)), 'BAD_BLOCK_LENGTH'],
    ['a packet block without its fields', packetWithout(16), 'BAD_BLOCK_LENGTH'],
    ['a simple packet block without its field', LITTLE.block(3, Buffer.alloc(0)), 'BAD_BLOCK_LENGTH'],
    ['an interface block without its fields', LITTLE.block(1, Buffer.alloc(4)), 'BAD_BLOCK_LENGTH'],
    ['a section block without its fields', LITTLE.section().subarray(0, 12), 'TRUNCATED_BLOCK'],
    ['a frame longer than its block', overlong, 'FRAME_TOO_LONG'],
    ['a simple frame longer than its block', LITTLE.simplePacket(FRAME, 9), 'FRAME_TOO_LONG'],
    ['a frame longer than any', LITTLE.enhancedPacket(0, 0n, Buffer.alloc(262_145)), 'FRAME_TOO_LONG'],
    ['a packet of an unknown interface', LITTLE.enhancedPacket(1, 0n, FRAME), 'UNKNOWN_INTERFACE'],
    ['a section of another version', LITTLE.section(2, 0), 'UNSUPPORTED_VERSION'],
    ['a section without magic', Buffer.from('0a0d0d0a1c000000ffffffff', 'hex'), 'BAD_SECTION'],
    ['an unusable time resolution', options([9, Uint8Array.of(20)]), 'BAD_INTERFACE'],
    ['a time resolution of 2 bytes', options([9, Uint8Array.of(6, 6)]), 'BAD_INTERFACE'],
    ['a time offset of 4 bytes', options([14, Buffer.alloc(4)]), 'BAD_INTERFACE'],
    ['an option longer than its block', cutOption, 'BAD_INTERFACE'],
  ])('%s', async (_, block, code) => {
    const file = Buffer.concat([start, block]);
    for (const pieceBytes of [file.length, 8191]) {
      const { frames, damage, bytesRead } = await readPiped(file, pieceBytes);
      expect(frames.length).toBe(1);
      expect(damage).toMatchObject({ code, byteOffset: start.length });
      expect(bytesRead).toBe(start.length);
    }
  });

  test('a packet before any interface, and one after a new section', async () => {
    const before = Buffer.concat([LITTLE.section(), LITTLE.simplePacket(FRAME)]);
    expect((await readPiped(before)).damage).toMatchObject({ code: 'UNKNOWN_INTERFACE', byteOffset: 28 });
    const after = Buffer.concat([start, LITTLE.section(), packet]);
    const { frames, damage } = await readPiped(after);
    expect(frames.length).toBe(1);
    expect(damage).toMatchObject({ code: 'UNKNOWN_INTERFACE', byteOffset: start.length + 28 });
  });

  test('more interfaces than are kept', async () => {
    const described = LITTLE.interface(1);
    const file = Buffer.concat([LITTLE.section(), ...Array.from({ length: 65_537 }, () => described)]);
    const { damage } = await readPiped(file);
    expect(damage).toMatchObject({ code: 'TOO_MANY_INTERFACES', byteOffset: 28 + 65_536 * described.length });
  });
});
