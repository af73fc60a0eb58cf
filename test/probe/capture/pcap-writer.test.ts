import { expect, test } from 'vitest';
import {
  encodePcapHeader,
  encodePcapRecord,
  PCAP_RECORD_HEADER_BYTES,
} from '../../../services/probe/capture/pcap-writer.ts';
import { readPiped } from '../../fixtures/read-frames.ts';

test('the file header is that of little-endian pcap with nanoseconds', () => {
  expect(encodePcapHeader(113, 96).toString('hex')).toBe(
    '4d3cb2a1020004000000000000000000' + '6000000071000000',
  );
  expect(encodePcapHeader(1).readUInt32LE(16)).toBe(262_144);
});

test('records stand one behind the other and are read as they were written', async () => {
  const frame = Uint8Array.of(0xde, 0xad);
  const records = Buffer.alloc(2 * PCAP_RECORD_HEADER_BYTES + 2 * frame.length);
  const second = encodePcapRecord(records, 0, 1_790_000_000, 999_999_999, frame);
  const end = encodePcapRecord(records, second, 0xffffffff, 0, frame, 1500);
  expect([second, end]).toEqual([18, 36]);
  expect(records.subarray(0, 18).toString('hex')).toBe(
    '803bb16a' + 'ffc99a3b' + '02000000' + '02000000' + 'dead',
  );
  const { frames, damage } = await readPiped(Buffer.concat([encodePcapHeader(1), records]));
  expect(damage).toBeUndefined();
  expect(frames).toEqual([
    { seconds: 1_790_000_000, nanoseconds: 999_999_999, linkType: 1, wireBytes: 2, bytes: 'dead' },
    { seconds: 0xffffffff, nanoseconds: 0, linkType: 1, wireBytes: 1500, bytes: 'dead' },
  ]);
});

test('a record that does not fit is refused', () => {
  expect(() => encodePcapRecord(Buffer.alloc(17), 0, 1, 1, Uint8Array.of(1, 2))).toThrow(RangeError);
});
