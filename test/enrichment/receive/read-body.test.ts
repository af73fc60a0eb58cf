import { once } from 'node:events';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InFlightBytes } from '../../../services/enrichment/receive/in-flight.ts';
import type { ReadBody } from '../../../services/enrichment/receive/read-body.ts';
import { readBody } from '../../../services/enrichment/receive/read-body.ts';

function read(
  bytes: Buffer,
  isGzip: boolean,
  maxBodyBytes = 1000,
  maxInFlightBytes = 10_000,
): Promise<ReadBody> {
  const budget = new InFlightBytes(maxInFlightBytes);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, index) =>
    bytes.subarray(index * 100, (index + 1) * 100),
  );
  return readBody(Readable.from(pieces, { objectMode: false }), isGzip, { maxBodyBytes }, budget.reserve(0)!);
}

test('gives back any bytes, compressed or not', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 900 }), fc.boolean(), async (content, isGzip) => {
      const bytes = Buffer.from(content);
      const sent = isGzip ? gzipSync(bytes) : bytes;
      expect(await read(sent, isGzip)).toEqual({ bytes, sentBytes: sent.length });
    }),
  );
});

const sound = gzipSync(Buffer.from('a sound body'.repeat(20)));
const bomb = gzipSync(Buffer.alloc(50 * 2 ** 20));

test.each<[string, Buffer, boolean, string, RegExp]>([
  ['too many bytes', Buffer.alloc(1001), false, 'too_large', /More than 1000 bytes/],
  ['a bomb', bomb, true, 'too_large', /More than 1000 bytes/],
  ['text called gzip', Buffer.from('{}'), true, 'damaged_encoding', /incorrect header check/],
  ['half a gzip', sound.subarray(0, sound.length >> 1), true, 'damaged_encoding', /unexpected end of file/],
  [
    'a gzip with another checksum',
    Buffer.concat([sound.subarray(0, -8), Buffer.alloc(8, 1)]),
    true,
    'damaged_encoding',
    /incorrect data check/,
  ],
  ['nothing called gzip', Buffer.alloc(0), true, 'damaged_encoding', /unexpected end of file/],
])('%s is refused', async (_name, bytes, isGzip, reason, message) => {
  await expect(read(bytes, isGzip)).rejects.toMatchObject({
    reason,
    message: expect.stringMatching(message),
  });
});

test('a bomb never holds more than the body may be', async () => {
  const budget = new InFlightBytes(2 ** 30);
  const reservation = budget.reserve(0)!;
  await expect(
    readBody(Readable.from([bomb]), true, { maxBodyBytes: 2 ** 20 }, reservation),
  ).rejects.toMatchObject({ reason: 'too_large' });
  expect(reservation.bytes).toBeLessThanOrEqual(2 ** 20);
});

test('without room in the budget it is busy', async () => {
  await expect(read(Buffer.alloc(500), false, 1000, 300)).rejects.toMatchObject({
    reason: 'busy',
    headers: { 'retry-after': expect.stringMatching(/^[12]$/) },
  });
});

test('a sender that has gone before its body is read is not waited for', { timeout: 2000 }, async () => {
  for (const isGzip of [false, true]) {
    const body = new Readable({ read: () => undefined });
    await once(body.destroy(), 'close');
    const reading = readBody(body, isGzip, { maxBodyBytes: 10 }, new InFlightBytes(10).reserve(0)!);
    await expect(reading).rejects.toThrow('The sender ended the connection');
  }
});

test('a sender that goes away is no error of the body', async () => {
  const body = new Readable({ read: () => undefined });
  const reading = readBody(body, true, { maxBodyBytes: 10 }, new InFlightBytes(10).reserve(0)!);
  body.destroy();
  await expect(reading).rejects.toThrow('The sender ended the connection');
});
