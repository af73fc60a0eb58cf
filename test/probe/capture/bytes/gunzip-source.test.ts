import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { openCapture } from '../../../../services/probe/capture/capture-input.ts';
import { buildPcap } from '../../../fixtures/pcap-builder.ts';
import { readFrames, readPiped } from '../../../fixtures/read-frames.ts';
import { TemporaryFolder } from '../../../fixtures/temporary-folder.ts';

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

describe('gzip that is damaged: what came before counts', () => {
  const small = buildPcap(
    { littleEndian: true, magic: 0xa1b2c3d4 },
    [10, 20, 30].map((length) => ({ seconds: 1, fraction: 1, bytes: new Uint8Array(length) })),
  );
  const second = 24 + 26;
  const end = small.length;
  const zipped = gzipSync(small);
  const wrong = (at: number) => {
    const bytes = Buffer.from(zipped);
    bytes[bytes.length - at] ^= 1;
    return bytes;
  };
  const stored = gzipSync(small, { level: 0 });
  // A stored block that claims more bytes than its complement allows.
  const corrupt = Buffer.concat([
    gzipSync(small.subarray(0, second + 5)).subarray(0, 10),
    Buffer.from([0x01, 1, 0, 0, 0]),
  ]);
  test.each([
    ['cut in the header', zipped.subarray(0, 9), 0, 0, 'too early'],
    ['cut in the data', stored.subarray(0, 10 + 5 + second + 5), 1, second, 'too early'],
    ['cut in the trailer', zipped.subarray(0, -3), 3, end, 'too early'],
    ['cut before the trailer', zipped.subarray(0, -8), 3, end, 'too early'],
    ['a wrong check sum', wrong(5), 3, end, 'check sum'],
    ['a wrong length', wrong(1), 3, end, 'length'],
    ['something else behind', Buffer.concat([zipped, Buffer.from('hello')]), 3, end, 'something else'],
    ['a cut member behind', Buffer.concat([zipped, zipped.subarray(0, 5)]), 3, end, 'too early'],
    ['corrupt data in the first member', corrupt, 0, 0, 'in the compressed data'],
    ['corrupt data in the second member', Buffer.concat([zipped, corrupt]), 3, end, 'in the compressed data'],
    ['no deflate', Buffer.from('1f8b07000000000000030000', 'hex'), 0, 0, 'header is damaged'],
    ['reserved flags', Buffer.from('1f8b08e00000000000030000', 'hex'), 0, 0, 'header is damaged'],
    [
      'a name without end',
      Buffer.concat([Buffer.from('1f8b0808000000000003', 'hex'), Buffer.alloc(200_000, 1)]),
      0,
      0,
      'header is damaged',
    ],
  ])('%s', async (_, bytes, frames, byteOffset, reason) => {
    for (const read of [
      await readFrames(await openCapture(folder.fileOf(bytes))),
      await readPiped(bytes, 1),
    ]) {
      expect(read.frames.length).toBe(frames);
      expect(read.damage).toMatchObject({ code: 'BAD_GZIP', byteOffset });
      expect(read.damage?.reason).toContain(reason);
    }
  });
});
