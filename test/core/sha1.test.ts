import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHA1_SCHEDULE_WORDS, SHA1_SHORT_MESSAGE_BYTES, sha1 } from '../../services/core/sha1.ts';

const schedule = new Int32Array(SHA1_SCHEDULE_WORDS);
const digest = new Int32Array(5);

function hexDigest(message: Uint8Array): string {
  const view = new DataView(schedule.buffer);
  schedule.fill(-1);
  for (let at = 0; at < message.length; at += 4) {
    const word = message.slice(at, at + 4);
    for (let i = 0; i < word.length; i++) view.setUint8(at + i, word[i]);
  }
  for (let t = 0; t < 16; t++) schedule[t] = view.getInt32(t * 4, false);
  sha1(schedule, message.length, digest);
  return Array.from(digest, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

describe('SHA-1 of a short message', () => {
  it.each([
    // RFC 3174, section 7.3 (TEST1; TEST2 to TEST4 are longer than one block) and its author's classics.
    ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['a', '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'],
    ['The quick brown fox jumps over the lazy dog', '2fd4e1c67a2d28fced849ee1bb76e7391b93eb12'],
  ])('hashes %j', (text, expected) => {
    expect(hexDigest(new TextEncoder().encode(text))).toBe(expected);
  });

  it('agrees with OpenSSL at every length', () => {
    for (let length = 0; length <= SHA1_SHORT_MESSAGE_BYTES; length++) {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: length, maxLength: length }), (message) => {
          expect(hexDigest(message)).toBe(createHash('sha1').update(message).digest('hex'));
        }),
        { numRuns: 20 },
      );
    }
  });
});
