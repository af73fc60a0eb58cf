import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineWriter, piece } from '../../services/core/line-writer.ts';

/** What `write` writes into a line that already holds a few bytes. */
function written(write: (line: LineWriter) => void): string {
  const line = new LineWriter(256);
  line.ascii('before');
  write(line);
  return Buffer.from(line.bytes.subarray(6, line.position)).toString('latin1');
}

/** Numbers of all lengths, those around the powers of ten among them. */
const integer = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(99_999),
  fc
    .tuple(fc.nat(15), fc.integer({ min: -2, max: 2 }))
    .map(([digits, more]) => Math.max(0, 10 ** digits + more)),
  fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const ascii = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
});

describe('numbers', () => {
  it('integers are as String gives them', () => {
    fc.assert(
      fc.property(integer, (value) => {
        expect(written((line) => line.integer(value))).toBe(String(value));
      }),
      { numRuns: 5000 },
    );
  });

  it('integers up to 100,000 are, each of them', () => {
    const line = new LineWriter(16);
    for (let value = 0; value <= 100_000; value++) {
      line.position = 0;
      line.integer(value);
      const text = Buffer.from(line.bytes.buffer, 0, line.position).toString('latin1');
      if (text !== String(value)) expect(text).toBe(String(value));
    }
  });

  it('nanoseconds have nine digits', () => {
    const nanoseconds = fc.oneof(fc.nat(999_999_999), fc.constantFrom(0, 1, 99_999_999, 100_000_000));
    fc.assert(
      fc.property(nanoseconds, (value) => {
        expect(written((line) => line.nanoseconds(value))).toBe(String(value).padStart(9, '0'));
      }),
      { numRuns: 2000 },
    );
  });

  it('two digits are two digits', () => {
    for (let value = 0; value < 100; value++) {
      expect(written((line) => line.twoDigits(value))).toBe(String(value).padStart(2, '0'));
    }
  });
});

describe('text', () => {
  it('comes out as it went in, as pieces, as strings and again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(ascii, fc.nat(2)), { maxLength: 6 }), (parts) => {
        const expected = parts.map(([text, way]) => (way === 2 ? text + text : text)).join('');
        const actual = written((line) => {
          for (const [text, way] of parts) {
            const from = line.position;
            if (way === 0) line.piece(piece(text));
            else line.ascii(text);
            if (way === 2) line.repeat(from, line.position);
          }
        });
        expect(actual).toBe(expected);
      }),
    );
  });

  it.each(['ä', '\u007f', 'a€'])('a piece of %j is refused', (text) => {
    expect(() => piece(text)).toThrow(RangeError);
  });
});

describe('room', () => {
  it('is what still fits, and is no less than what was asked for', () => {
    const line = new LineWriter(20);
    expect(line.room).toBe(20);
    line.ascii('12345');
    expect(line.room).toBe(15);
    line.piece(piece('x'.repeat(15)));
    expect(line.room).toBe(0);
    expect(Buffer.from(line.bytes.subarray(0, 20)).toString('latin1')).toBe(`12345${'x'.repeat(15)}`);
  });

  it('comes back when the position does', () => {
    const line = new LineWriter(8);
    line.integer(12_345_678);
    line.position = 0;
    expect(line.room).toBe(8);
  });
});
