import { crc32, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BlockDeflater } from '../../../services/probe/transport/block-deflater.ts';
import { combineCrc32 } from '../../../services/probe/transport/crc32-combine.ts';
import { deflateBlock, gzipOf } from '../../../services/probe/transport/gzip-blocks.ts';
import { numberedLines } from '../../support/numbered-lines.ts';

describe('the checksum of two texts', () => {
  test('is that of the whole', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.uint8Array({ maxLength: 5000 }), (first, second) => {
        const whole = Buffer.concat([first, second]);
        expect(combineCrc32(crc32(first), crc32(second), second.length)).toBe(crc32(whole));
      }),
    );
  });

  test('after megabytes', () => {
    const [first, second] = [Buffer.from('a'), Buffer.alloc(5_000_001, 'b')];
    expect(combineCrc32(crc32(first), crc32(second), second.length)).toBe(
      crc32(Buffer.concat([first, second])),
    );
  });
});

describe('blocks in a row', () => {
  test.each([0, 1, 6, 9])('at level %i are one gzip member of their texts', async (level) => {
    const texts = [
      '{"header":1}\n',
      numberedLines(0, 3000, 60).toString(),
      'x',
      numberedLines(0, 3000, 60).toString(),
    ];
    const blocks = await Promise.all(texts.map((text) => deflateBlock(Buffer.from(text), level)));
    const file = gzipOf(blocks);
    expect(gunzipSync(file).toString()).toBe(texts.join(''));
    // Some readers stop after the first member.
    expect(file.indexOf(Uint8Array.of(0x1f, 0x8b, 8, 0), 1)).toBe(-1);
  });

  test('none are an empty file', () => {
    expect(gunzipSync(gzipOf([])).length).toBe(0);
  });

  test('whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 6 }), async (texts) => {
        const blocks = await Promise.all(texts.map((text) => deflateBlock(text, 1)));
        expect(gunzipSync(gzipOf(blocks))).toEqual(Buffer.concat(texts));
      }),
      { numRuns: 50 },
    );
  });

  test('are about as small as the whole at once', async () => {
    const text = numberedLines(0, 5000, 200);
    const file = gzipOf([await deflateBlock(text, 1)]);
    expect(file.length).toBeLessThan(gzipSync(text, { level: 1 }).length * 1.2);
  });
});

describe('one compressor for many blocks', () => {
  test.each([0, 1, 9])('at level %i gives blocks that stand for themselves', async (level) => {
    const deflater = new BlockDeflater(level);
    const texts = [0, 1, 200_000, 5, 70_000].map((bytes, index) => Buffer.alloc(bytes, `${index}abcdefgh`));
    const blocks = await Promise.all(texts.map((text) => deflater.deflate(text)));
    for (const [index, block] of blocks.entries()) expect(gunzipSync(gzipOf([block]))).toEqual(texts[index]);
    // In any order, as what comes first is known last.
    expect(gunzipSync(gzipOf(blocks.toReversed()))).toEqual(Buffer.concat(texts.toReversed()));
    deflater.close();
    await expect(deflater.deflate(texts[1])).rejects.toThrow();
  });

  test('whatever they hold', async () => {
    const deflater = new BlockDeflater(1);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 100_000 }), { maxLength: 6 }), async (texts) => {
        const blocks = await Promise.all(texts.map((text) => deflater.deflate(text)));
        expect(Buffer.compare(gunzipSync(gzipOf(blocks)), Buffer.concat(texts))).toBe(0);
      }),
      { numRuns: 50 },
    );
    deflater.close();
  });
});
