import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { openCapture } from '../../../services/probe/capture/capture-input.ts';
import {
  PCAP_OF_ALL_LENGTHS,
  PCAPNG_OF_ALL_LENGTHS,
  READ_OF_ALL_LENGTHS,
} from '../../fixtures/frames-of-all-lengths.ts';
import type { ReadCapture } from '../../fixtures/read-frames.ts';
import { readFrames, readPiped } from '../../fixtures/read-frames.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

async function readFile(bytes: Uint8Array, chunkBytes?: number): Promise<ReadCapture> {
  return readFrames(await openCapture(folder.fileOf(bytes), chunkBytes === undefined ? {} : { chunkBytes }));
}

function members(bytes: Uint8Array, memberBytes: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += memberBytes)
    pieces.push(gzipSync(bytes.subarray(at, at + memberBytes)));
  return Buffer.concat(pieces);
}

/** A member whose header has all optional fields of RFC 1952: extra, name, comment and header check sum. */
function withLongHeader(bytes: Uint8Array): Buffer {
  const plain = gzipSync(bytes);
  const header = Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 255, 3, 0, 1, 2, 3]);
  const texts = Buffer.from('name\0a comment\0');
  return Buffer.concat([header, texts, Buffer.alloc(2), deflateRawSync(bytes), plain.subarray(-8)]);
}

describe.each([
  ['pcap', PCAP_OF_ALL_LENGTHS],
  ['pcapng', PCAPNG_OF_ALL_LENGTHS],
])('%s', (_, plain) => {
  const packings: [string, Buffer][] = [
    ['plain', plain],
    ['gzip', gzipSync(plain)],
    ['gzip, stored', gzipSync(plain, { level: 0 })],
    ['gzip, members of 100,000 bytes', members(plain, 100_000)],
    ['gzip, an empty member first', Buffer.concat([gzipSync(''), gzipSync(plain)])],
    ['gzip, padded with zeros', Buffer.concat([gzipSync(plain), Buffer.alloc(513)])],
    ['gzip, all header fields', withLongHeader(plain)],
  ];
  const ways: [string, (bytes: Buffer) => Promise<ReadCapture>][] = [
    ['a file', (bytes) => readFile(bytes)],
    ['a file in chunks of 100,000 bytes', (bytes) => readFile(bytes, 100_000)],
    ['a file in chunks of 4096 bytes', (bytes) => readFile(bytes, 4096)],
    ['a pipe', (bytes) => readPiped(bytes)],
    ['a pipe in pieces of 65,536 bytes', (bytes) => readPiped(bytes, 65_536)],
    ['a pipe in pieces of 997 bytes', (bytes) => readPiped(bytes, 997)],
  ];
  const rows = packings.flatMap(([packing, bytes]) =>
    ways.map(([way, read]) => ({ packing, way, bytes, read })),
  );
  test.each(rows)('$packing from $way', async ({ bytes, read }) => {
    const { frames, damage, bytesRead } = await read(bytes);
    expect({ damage, bytesRead, count: frames.length }).toEqual({
      damage: undefined,
      bytesRead: plain.length,
      count: READ_OF_ALL_LENGTHS.length,
    });
    expect(frames).toEqual(READ_OF_ALL_LENGTHS);
  });

  test.each([
    ['plain', (bytes: Buffer) => bytes],
    ['gzip', (bytes: Buffer) => members(bytes, 5000)],
  ])('%s, one byte at a time', async (_packing, pack) => {
    const start = plain.subarray(0, 9000);
    const whole = await readPiped(pack(start));
    const piped = await readPiped(pack(start), 1);
    expect(whole.frames.length).toBeGreaterThan(80);
    expect(piped).toEqual(whole);
  });
});

describe('what is no capture', () => {
  test.each([
    ['nothing', Buffer.alloc(0), 'It is empty.'],
    ['two bytes', Buffer.from('a1b2', 'hex'), 'It is neither pcap nor pcapng; it starts with a1b2.'],
    ['text', Buffer.from('hello, world\n'), 'It is neither pcap nor pcapng; it starts with 68656c6c.'],
    ['nothing in gzip', gzipSync(''), 'It is empty.'],
    ['text in gzip', gzipSync('hello'), 'It is neither pcap nor pcapng; it starts with 68656c6c.'],
    ['zstd', Buffer.from('28b52ffd00000000', 'hex'), 'It is compressed with zstd; decompress it first.'],
    ['xz', Buffer.from('fd377a585a000000', 'hex'), 'It is compressed with xz; decompress it first.'],
  ])('%s', async (_, bytes, reason) => {
    for (const read of [await readFile(bytes), await readPiped(bytes)]) {
      expect(read).toEqual({
        frames: [],
        damage: { code: 'NOT_A_CAPTURE', reason, byteOffset: 0 },
        bytesRead: 0,
      });
    }
  });

  test.each([
    ['a missing file', () => folder.newPath(), 'There is no such file.'],
    ['a directory', () => folder.path, 'It is a directory.'],
    [
      'a path through a file',
      () => join(folder.fileOf(PCAP_OF_ALL_LENGTHS), 'x'),
      /^Opening it failed: ENOTDIR/,
    ],
    ['standard input that is not given', () => '-', 'There is no standard input.'],
  ])('%s', async (_, path, reason) => {
    const { frames, damage } = await readFrames(await openCapture(path()));
    expect(frames).toEqual([]);
    expect(damage).toEqual({ code: 'UNREADABLE', reason: expect.stringMatching(reason), byteOffset: 0 });
  });

  test('a file that may not be read', async (context) => {
    const { seteuid, geteuid } = process;
    if (geteuid?.() !== 0 || seteuid === undefined) context.skip('needs root, to give up its rights');
    const path = folder.fileOf(PCAP_OF_ALL_LENGTHS);
    execFileSync('chmod', ['0755', folder.path]);
    execFileSync('chmod', ['0600', path]);
    process.seteuid?.(65_534);
    try {
      const { damage } = await readFrames(await openCapture(path));
      expect(damage).toEqual({
        code: 'UNREADABLE',
        reason: 'Permission to read it is missing.',
        byteOffset: 0,
      });
    } finally {
      process.seteuid?.(0);
    }
  });

  test('a device without bytes', async () => {
    const { damage } = await readFrames(await openCapture('/dev/null'));
    expect(damage).toMatchObject({ code: 'NOT_A_CAPTURE', reason: 'It is empty.' });
  });
});
