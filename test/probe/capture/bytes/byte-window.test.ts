import { describe, expect, test } from 'vitest';
import { ByteWindow, MAX_RECORD_BYTES } from '../../../../services/probe/capture/bytes/byte-window.ts';
import { PcapReader } from '../../../../services/probe/capture/pcap-reader.ts';
import { MemorySource } from '../../../fakes/memory-source.ts';
import { buildPcap } from '../../../fixtures/pcap-builder.ts';
import { readFrames } from '../../../fixtures/read-frames.ts';

const INPUT = Buffer.from(Uint8Array.from({ length: 50_000 }, (_, index) => index % 251));

describe('what is unread stays in order while the window moves', () => {
  test.each([
    ['all at once', 1 << 20, Number.POSITIVE_INFINITY, 1 << 20],
    ['whole chunks', 4096, Number.POSITIVE_INFINITY, 100],
    ['pieces smaller than a chunk', 10_000, 700, 333],
    ['single bytes', 10_000, 1, 1],
    ['a small chunk, much kept', 64, Number.POSITIVE_INFINITY, 9999],
  ])('%s', async (_, chunkBytes, pieceBytes, stepBytes) => {
    const window = new ByteWindow(new MemorySource(INPUT, pieceBytes), chunkBytes);
    const seen: Buffer[] = [];
    let offset = 0;
    const take = (bytes: number) => {
      expect(window.inputOffset).toBe(offset);
      seen.push(Buffer.from(window.bytes.subarray(window.position, window.position + bytes)));
      window.position += bytes;
      offset += bytes;
    };
    while (await window.fill()) {
      while (window.unread >= stepBytes) take(stepBytes);
    }
    take(window.unread);
    expect(Buffer.concat(seen).equals(INPUT)).toBe(true);
    expect(window.damage).toBeUndefined();
  });
});

test('nothing more is read while more than the longest record is unread', async () => {
  const window = new ByteWindow(new MemorySource(Buffer.alloc(1 << 21)), 1 << 20);
  expect(await window.fill()).toBe(true);
  const { position, end } = window;
  expect(window.unread).toBe(1 << 20);
  expect(await window.fill()).toBe(true);
  expect([window.position, window.end]).toEqual([position, end]);
  window.position = end - MAX_RECORD_BYTES;
  expect(await window.fill()).toBe(true);
  expect(window.unread).toBe(MAX_RECORD_BYTES + (1 << 20));
});

test('a read that fails is damage at the first record that is not whole', async () => {
  const pcap = buildPcap(
    { littleEndian: true, magic: 0xa1b2c3d4 },
    [4, 4].map((length) => ({ seconds: 1, fraction: 0, bytes: new Uint8Array(length) })),
  );
  const failure = { code: 'READ_FAILED', reason: 'Reading failed: EIO.' } as const;
  for (const [bytes, byteOffset, frames] of [
    [pcap, 64, 2],
    [pcap.subarray(0, 50), 44, 1],
  ] as const) {
    const window = new ByteWindow(new MemorySource(bytes, 30, failure));
    await window.fill();
    const read = await readFrames(new PcapReader(window));
    expect(read.frames.length).toBe(frames);
    expect(read.damage).toEqual({ ...failure, byteOffset });
  }
});

test('the first damage stays', () => {
  const window = new ByteWindow(new MemorySource(INPUT));
  expect(window.fail('BAD_SECTION', 'One.', 7)).toBe(false);
  window.fail('BAD_INTERFACE', 'Two.', 9);
  expect(window.damage).toEqual({ code: 'BAD_SECTION', reason: 'One.', byteOffset: 7 });
});
