import { describe, expect, test } from 'vitest';
import { ByteWindow } from '../../../services/probe/capture/bytes/byte-window.ts';
import { PcapReader } from '../../../services/probe/capture/pcap-reader.ts';
import { MemorySource } from '../../fakes/memory-source.ts';
import type { PcapRecord, PcapShape } from '../../fixtures/pcap-builder.ts';
import { buildPcap, buildPcapRecord, fields } from '../../fixtures/pcap-builder.ts';
import { readPiped } from '../../fixtures/read-frames.ts';

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const MODIFIED = 0xa1b2cd34;

const RECORDS: PcapRecord[] = [
  { seconds: 1_790_000_000, fraction: 999_999, bytes: Uint8Array.of(1, 2, 3, 4), wireBytes: 1500 },
  { seconds: 0xffffffff, fraction: 1, bytes: Uint8Array.of() },
  { seconds: 0, fraction: 0, bytes: new Uint8Array(262_144).fill(0xab) },
];

const LITTLE: PcapShape = { littleEndian: true, magic: MICROSECONDS };

describe('both byte orders and all formats give the same frames', () => {
  const shapes: [string, PcapShape, number][] = [
    ['microseconds', { littleEndian: true, magic: MICROSECONDS }, 1000],
    ['microseconds', { littleEndian: false, magic: MICROSECONDS }, 1000],
    ['nanoseconds', { littleEndian: true, magic: NANOSECONDS }, 1],
    ['nanoseconds', { littleEndian: false, magic: NANOSECONDS }, 1],
    ['modified', { littleEndian: true, magic: MODIFIED, recordHeaderBytes: 24 }, 1000],
    ['modified', { littleEndian: false, magic: MODIFIED, recordHeaderBytes: 24 }, 1000],
  ];
  const rows = shapes.flatMap(([name, shape, unit]) =>
    [Number.POSITIVE_INFINITY, 65_536, 1009].map((pieceBytes) => ({ name, shape, unit, pieceBytes })),
  );
  test.each(rows)(
    '$name, $shape.littleEndian, pieces of $pieceBytes',
    async ({ shape, unit, pieceBytes }) => {
      const file = buildPcap({ ...shape, network: 113 }, RECORDS);
      const read = await readPiped(file, pieceBytes);
      expect(read).toEqual({
        frames: RECORDS.map((record) => ({
          seconds: record.seconds,
          nanoseconds: record.fraction * unit,
          linkType: 113,
          wireBytes: record.wireBytes ?? record.bytes.length,
          bytes: Buffer.from(record.bytes).toString('hex'),
        })),
        damage: undefined,
        bytesRead: file.length,
      });
    },
  );
});

describe('the network field holds more than the link type', () => {
  test.each([
    ['plain', 0x00000001, 1],
    ['frame check sequence of 4 bytes', 0x54000001, 1],
    ['upper bits without length', 0x300000e4, 228],
    ['the largest type', 0x0000ffff, 65_535],
  ])('%s', async (_, network, linkType) => {
    const read = await readPiped(buildPcap({ ...LITTLE, network }, RECORDS));
    expect(read.frames.map((frame) => frame.linkType)).toEqual([linkType, linkType, linkType]);
  });

  test.each([0x00010000, 0x00300000, 0x02000001, 0x03ff0001])(
    'reserved bits in %d are damage',
    async (network) => {
      const read = await readPiped(buildPcap({ ...LITTLE, network }, RECORDS));
      expect(read.frames).toEqual([]);
      expect(read.damage).toMatchObject({ code: 'BAD_LINK_TYPE', byteOffset: 0 });
    },
  );
});

describe('versions decide on the order of both lengths', () => {
  const capturedFirst = { captured: 4, wire: 60 };
  test.each([
    ['2.0', 2, 0, 'wire first', capturedFirst],
    ['2.2', 2, 2, 'wire first', capturedFirst],
    ['2.3', 2, 3, 'wire first', capturedFirst],
    ['2.3', 2, 3, 'captured first', capturedFirst],
    ['2.4', 2, 4, 'captured first', capturedFirst],
    ['543.0', 543, 0, 'wire first', capturedFirst],
  ])('%s, %d.%d, %s', async (_, major, minor, order, expected) => {
    const header = buildPcap({ ...LITTLE, major, minor }, []);
    const [first, second] = order === 'wire first' ? [60, 4] : [4, 60];
    const record = fields(true, [
      [4, 1],
      [4, 2],
      [4, first],
      [4, second],
    ]);
    const { frames, damage } = await readPiped(Buffer.concat([header, record, Buffer.alloc(4)]));
    expect(damage).toBeUndefined();
    expect(frames).toEqual([
      {
        seconds: 1,
        nanoseconds: 2000,
        linkType: 1,
        wireBytes: expected.wire,
        bytes: '00'.repeat(expected.captured),
      },
    ]);
  });

  test.each([
    [1, 4],
    [2, 5],
    [3, 0],
    [543, 1],
  ])('%d.%d is damage', async (major, minor) => {
    const { frames, damage } = await readPiped(buildPcap({ ...LITTLE, major, minor }, RECORDS));
    expect(frames).toEqual([]);
    expect(damage).toEqual({
      code: 'UNSUPPORTED_VERSION',
      reason: `The pcap version is ${major}.${minor}; 2.0 to 2.4 can be read.`,
      byteOffset: 0,
    });
  });
});

test.each([
  [MICROSECONDS, 7, 1_000_000, 8, 0],
  [MICROSECONDS, 7, 2_500_000, 9, 500_000_000],
  [MICROSECONDS, 7, 0xffffffff, 4301, 967_295_000],
  [NANOSECONDS, 7, 1_000_000_000, 8, 0],
  [NANOSECONDS, 0xffffffff, 4_000_000_001, 0xffffffff, 1],
])(
  'magic %d: %d s and a fraction of %d are %d s and %d ns',
  async (magic, seconds, fraction, wanted, nanoseconds) => {
    const file = buildPcap({ littleEndian: true, magic }, [{ seconds, fraction, bytes: Uint8Array.of(1) }]);
    const { frames } = await readPiped(file);
    expect(frames).toMatchObject([{ seconds: wanted, nanoseconds }]);
  },
);

describe('damage ends the capture; what came before it counts', () => {
  const whole = buildPcap(LITTLE, RECORDS.slice(0, 2));
  const huge = buildPcapRecord(LITTLE, { seconds: 1, fraction: 1, bytes: new Uint8Array(262_145) });
  test.each([
    ['cut in the file header', whole.subarray(0, 23), 0, 'TRUNCATED_HEADER', 0],
    ['cut after the magic', whole.subarray(0, 4), 0, 'TRUNCATED_HEADER', 0],
    ['cut in a record header', whole.subarray(0, 24 + 15), 0, 'TRUNCATED_FRAME', 24],
    ['cut in a frame', whole.subarray(0, 24 + 16 + 3), 0, 'TRUNCATED_FRAME', 24],
    ['cut one byte into the second record', whole.subarray(0, 24 + 20 + 1), 1, 'TRUNCATED_FRAME', 44],
    ['cut in the second record', whole.subarray(0, whole.length - 1), 1, 'TRUNCATED_FRAME', 44],
    ['a frame too long', Buffer.concat([whole, huge]), 2, 'FRAME_TOO_LONG', whole.length],
    [
      'a length of 2^32 - 1',
      Buffer.concat([whole, Buffer.alloc(16, 0xff)]),
      2,
      'FRAME_TOO_LONG',
      whole.length,
    ],
  ])('%s', async (_, file, frames, code, byteOffset) => {
    for (const pieceBytes of [file.length, 1]) {
      const read = await readPiped(file, pieceBytes);
      expect(read.frames.length).toBe(frames);
      expect(read.damage).toMatchObject({ code, byteOffset });
      expect(read.bytesRead).toBe(byteOffset);
    }
  });
});

test('stepping from frame to frame allocates nothing', async () => {
  const frames = 200_000;
  const record = buildPcapRecord(LITTLE, { seconds: 1, fraction: 1, bytes: new Uint8Array(4) });
  const file = Buffer.concat([buildPcap(LITTLE, []), ...Array.from({ length: frames }, () => record)]);
  const window = new ByteWindow(new MemorySource(file), file.length);
  await window.fill();
  const reader = new PcapReader(window);
  const start = window.position;
  const stepThrough = () => {
    window.position = start;
    let count = 0;
    while (reader.advance()) count++;
    return count;
  };
  for (let warmUp = 0; warmUp < 5; warmUp++) expect(stepThrough()).toBe(frames);
  const before = process.memoryUsage().heapUsed;
  stepThrough();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(frames);
});
