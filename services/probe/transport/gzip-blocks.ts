import { constants, crc32, deflateRaw } from 'node:zlib';
import { combineCrc32 } from './crc32-combine.ts';

/** Compressed bytes that can stand anywhere in a gzip file. */
export interface DeflatedBlock {
  readonly deflated: readonly Uint8Array[];
  /** Of what it holds, uncompressed. */
  readonly crc: number;
  readonly bytes: number;
}

/** RFC 1952 section 2.3: magic, deflate, no flags, no time, fastest, unknown system. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255);
/** RFC 1951 section 3.2.6: a last block of fixed codes with nothing in it. */
const LAST_BLOCK = Uint8Array.of(3, 0);
const TRAILER_BYTES = 8;

/** A window of 16 KiB and small tables: a fraction of zlib's usual memory, for little more output. */
export const WINDOW_BITS = 14;
export const MEMORY_LEVEL = 7;

/** Compresses on another thread. The output ends on a whole byte, and refers to nothing before it. */
export function deflateBlock(bytes: Uint8Array, level: number): Promise<DeflatedBlock> {
  const options = {
    level,
    windowBits: WINDOW_BITS,
    memLevel: MEMORY_LEVEL,
    finishFlush: constants.Z_SYNC_FLUSH,
  };
  return new Promise((resolve, reject) => {
    deflateRaw(bytes, options, (error, deflated) => {
      if (error === null) resolve({ deflated: [deflated], crc: crc32(bytes), bytes: bytes.length });
      else reject(error);
    });
  });
}

/** One gzip member of the blocks in their order, as any program can read it. */
export function gzipOf(blocks: readonly DeflatedBlock[]): Buffer {
  const whole = blocks.reduce(
    (sum, { crc, bytes }) => ({ crc: combineCrc32(sum.crc, crc, bytes), bytes: sum.bytes + bytes }),
    { crc: 0, bytes: 0 },
  );
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeUInt32LE(whole.crc, 0);
  trailer.writeUInt32LE(whole.bytes % 2 ** 32, 4);
  return Buffer.concat([HEADER, ...blocks.flatMap(({ deflated }) => deflated), LAST_BLOCK, trailer]);
}

/** Bytes of a block, compressed. */
export function deflatedBytes({ deflated }: DeflatedBlock): number {
  return deflated.reduce((sum, { length }) => sum + length, 0);
}
