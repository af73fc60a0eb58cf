import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { openCapture } from '../../../services/probe/capture/capture-input.ts';
import { PCAP_OF_ALL_LENGTHS, READ_OF_ALL_LENGTHS } from '../../fixtures/frames-of-all-lengths.ts';
import { readFrames } from '../../fixtures/read-frames.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

/** What the descriptors of this process stand for. */
function openPaths(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(join('/proc/self/fd', descriptor))];
    } catch {
      return [];
    }
  });
}

describe('a named pipe', () => {
  function pipe(): string {
    const path = folder.newPath();
    execFileSync('mkfifo', [path]);
    return path;
  }

  test('is read as its writer writes', async () => {
    const path = pipe();
    const opening = openCapture(path);
    const writer = await open(path, 'w');
    const writing = writer.writeFile(PCAP_OF_ALL_LENGTHS).then(() => writer.close());
    const { frames, damage } = await readFrames(await opening);
    await writing;
    expect(damage).toBeUndefined();
    expect(frames).toEqual(READ_OF_ALL_LENGTHS);
  });

  test('without a writer is left when aborted', async () => {
    const abort = new AbortController();
    const path = pipe();
    const opening = openCapture(path, { signal: abort.signal });
    await vi.waitFor(() => expect(openPaths()).toContain(path));
    abort.abort();
    expect(await readFrames(await opening)).toEqual({ frames: [], damage: undefined, bytesRead: 0 });
    await vi.waitFor(() => expect(openPaths()).not.toContain(path));
  });
});

describe('ending early', () => {
  function pipeOf(bytes: Uint8Array): PassThrough {
    const standardInput = new PassThrough();
    standardInput.write(bytes);
    return standardInput;
  }

  test.each([
    ['before anything came', 0],
    ['within the header', 10],
  ])('abort %s ends the opening without damage', async (_, bytes) => {
    const abort = new AbortController();
    const standardInput = pipeOf(PCAP_OF_ALL_LENGTHS.subarray(0, bytes));
    const opening = openCapture('-', { standardInput, signal: abort.signal });
    abort.abort();
    expect(await readFrames(await opening)).toEqual({ frames: [], damage: undefined, bytesRead: 0 });
  });

  test.each([
    ['between two frames', 24 + 16, 1],
    ['within a frame', 24 + 16 + 17 + 3, 2],
  ])('abort %s ends a fill that waits, without damage', async (_, bytes, frames) => {
    const abort = new AbortController();
    const standardInput = pipeOf(PCAP_OF_ALL_LENGTHS.subarray(0, bytes));
    const reader = await openCapture('-', { standardInput, signal: abort.signal });
    let count = 0;
    while (reader.advance()) count++;
    const filling = reader.fill();
    abort.abort();
    expect([count, await filling, await reader.fill(), reader.damage]).toEqual([
      frames,
      false,
      false,
      undefined,
    ]);
    await reader.close();
  });

  test('a signal that is aborted already', async () => {
    const signal = AbortSignal.abort();
    const read = await readFrames(await openCapture(folder.fileOf(PCAP_OF_ALL_LENGTHS), { signal }));
    expect([read.frames.length, read.damage]).toEqual([0, undefined]);
  });

  test('close ends a fill that waits, may be repeated, and leaves no descriptor', async () => {
    const standardInput = pipeOf(PCAP_OF_ALL_LENGTHS.subarray(0, 40));
    const reader = await openCapture('-', { standardInput });
    expect(reader.advance()).toBe(true);
    const filling = reader.fill();
    await Promise.all([reader.close(), reader.close()]);
    expect(await filling).toBe(false);
    expect([standardInput.destroyed, reader.damage]).toEqual([true, undefined]);
  });

  test.each([
    ['read', PCAP_OF_ALL_LENGTHS],
    ['read, in gzip', gzipSync(PCAP_OF_ALL_LENGTHS)],
    ['not read', PCAP_OF_ALL_LENGTHS.subarray(0, 24)],
    ['no capture', Buffer.from('hello')],
  ])('a closed file leaves no descriptor: %s', async (_, bytes) => {
    const path = folder.fileOf(bytes);
    const reader = await openCapture(path, { chunkBytes: 5000 });
    if (reader.advance()) await reader.fill();
    await reader.close();
    await reader.close();
    expect(await reader.fill()).toBe(false);
    expect(openPaths()).not.toContain(path);
  });

  test('many files may share a signal', async () => {
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.name);
    process.on('warning', note);
    const { signal } = new AbortController();
    const path = folder.fileOf(PCAP_OF_ALL_LENGTHS);
    const readers = await Promise.all(Array.from({ length: 30 }, () => openCapture(path, { signal })));
    await Promise.all(readers.map((reader) => reader.close()));
    await new Promise(setImmediate);
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});
