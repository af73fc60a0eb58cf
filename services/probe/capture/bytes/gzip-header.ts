/** RFC 1952, section 2.3: ID1, ID2, CM = deflate. */
const MAGIC = [0x1f, 0x8b, 8] as const;
const FIXED_BYTES = 10;
const FLAG_HEADER_CRC = 0x02;
const FLAG_EXTRA = 0x04;
const FLAG_NAME = 0x08;
const FLAG_COMMENT = 0x10;
const FLAGS_RESERVED = 0xe0;
/** A name or comment longer than this is damage. */
const MAX_HEADER_BYTES = 0x20000;

/** Answers of `gzipHeaderBytes` that are no length. */
export const INCOMPLETE = -1;
export const NOT_GZIP = -2;

/** True where `bytes` from `start` to `end` begin as gzip data do. */
export function startsGzip(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= 2 && bytes[start] === MAGIC[0] && bytes[start + 1] === MAGIC[1];
}

/**
 * The length of the member header at `start` of `bytes`, of which those before `end` are there; INCOMPLETE where
 * more are needed, NOT_GZIP where no member starts there.
 */
export function gzipHeaderBytes(bytes: Uint8Array, start: number, end: number): number {
  for (const [index, value] of MAGIC.entries()) {
    if (start + index >= end) return INCOMPLETE;
    if (bytes[start + index] !== value) return NOT_GZIP;
  }
  if (start + FIXED_BYTES > end) return INCOMPLETE;
  const flags = bytes[start + 3];
  if ((flags & FLAGS_RESERVED) !== 0) return NOT_GZIP;
  let at = start + FIXED_BYTES;
  if ((flags & FLAG_EXTRA) !== 0) {
    if (at + 2 > end) return INCOMPLETE;
    at += 2 + bytes[at] + bytes[at + 1] * 256;
  }
  if ((flags & FLAG_NAME) !== 0) at = afterZero(bytes, at, end);
  if ((flags & FLAG_COMMENT) !== 0) at = afterZero(bytes, at, end);
  if ((flags & FLAG_HEADER_CRC) !== 0) at += 2;
  if (at <= end) return at - start;
  return end - start > MAX_HEADER_BYTES ? NOT_GZIP : INCOMPLETE;
}

/** Where the zero-terminated text at `start` is over; behind `end` when its zero is not there. */
function afterZero(bytes: Uint8Array, start: number, end: number): number {
  if (start > end) return end + 1;
  const zero = bytes.subarray(start, end).indexOf(0);
  return zero < 0 ? end + 1 : start + zero + 1;
}
