// Not node:crypto: core imports nothing, and a call there allocates and takes longer than all of this.

/** How many words the schedule given to `sha1` must have: 16 of message, 64 derived (RFC 3174, section 6.1). */
export const SHA1_SCHEDULE_WORDS = 80;

/** The longest message that fits one block: 64 bytes less the end mark and the 64-bit length. */
export const SHA1_SHORT_MESSAGE_BYTES = 55;

const END_MARK = 0x80;

/**
 * SHA-1 (RFC 3174) of one message of at most 55 bytes, without allocation.
 *
 * @param schedule 80 words; the message stands in the first 14, big-endian. All of it is overwritten
 * @param byteLength the message's length; bytes beyond it are ignored
 * @param digest receives the five words of the hash
 */
export function sha1(schedule: Int32Array, byteLength: number, digest: Int32Array): void {
  pad(schedule, byteLength);
  expand(schedule);
  let a = 0x67452301;
  let b = 0xefcdab89 | 0;
  let c = 0x98badcfe | 0;
  let d = 0x10325476;
  let e = 0xc3d2e1f0 | 0;
  for (let t = 0; t < 20; t++) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) | (~b & d)) + e + schedule[t] + 0x5a827999) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 20; t < 40; t++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + schedule[t] + 0x6ed9eba1) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 40; t < 60; t++) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) | (b & d) | (c & d)) + e + schedule[t] + 0x8f1bbcdc) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 60; t < 80; t++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + schedule[t] + 0xca62c1d6) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  digest[0] = a + 0x67452301;
  digest[1] = b + 0xefcdab89;
  digest[2] = c + 0x98badcfe;
  digest[3] = d + 0x10325476;
  digest[4] = e + 0xc3d2e1f0;
}

function pad(schedule: Int32Array, byteLength: number): void {
  const last = byteLength >>> 2;
  const shift = 24 - ((byteLength & 3) << 3);
  const kept = shift === 24 ? 0 : schedule[last] & (-1 << (shift + 8));
  schedule[last] = kept | (END_MARK << shift);
  for (let t = last + 1; t < 15; t++) schedule[t] = 0;
  schedule[15] = byteLength << 3;
}

function expand(schedule: Int32Array): void {
  for (let t = 16; t < SHA1_SCHEDULE_WORDS; t++) {
    const word = schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16];
    schedule[t] = (word << 1) | (word >>> 31);
  }
}
