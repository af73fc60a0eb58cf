import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IsoTimeWriter } from '../../services/core/iso-time.ts';
import { LineWriter } from '../../services/core/line-writer.ts';

const times = new IsoTimeWriter();

function text(seconds: number, nanoseconds: number): string {
  const line = new LineWriter(64);
  times.write(line, seconds, nanoseconds);
  return Buffer.from(line.bytes.subarray(0, line.position)).toString('latin1');
}

function milliseconds(seconds: number, nanoseconds: number): string {
  const line = new LineWriter(64);
  times.writeMilliseconds(line, seconds, nanoseconds);
  return Buffer.from(line.bytes.subarray(0, line.position)).toString('latin1');
}

/** Any second of the 32 bits, and those around midnight. */
const seconds = fc.oneof(
  fc.nat(0xffffffff),
  fc
    .tuple(fc.nat(49_710), fc.constantFrom(0, 1, 59, 60, 3599, 3600, 86_399))
    .map(([day, rest]) => day * 86_400 + rest),
);
const nanoseconds = fc.oneof(fc.nat(999_999_999), fc.constantFrom(0, 999_999, 1_000_000, 999_999_999));

describe('IsoTimeWriter', () => {
  it('agrees with Date on all but the finer digits', () => {
    fc.assert(
      fc.property(seconds, nanoseconds, (second, fraction) => {
        const date = new Date(second * 1000 + Math.floor(fraction / 1e6)).toISOString();
        const finer = String(fraction % 1_000_000).padStart(6, '0');
        expect(milliseconds(second, fraction)).toBe(date);
        expect(text(second, fraction)).toBe(date.replace('Z', `${finer}Z`));
      }),
      { numRuns: 3000 },
    );
  });

  it.each<[number, number, string]>([
    [0, 0, '1970-01-01T00:00:00.000000000Z'],
    [951_782_399, 1, '2000-02-28T23:59:59.000000001Z'],
    [951_868_799, 999_999_999, '2000-02-29T23:59:59.999999999Z'],
    [4_294_967_295, 999_999_999, '2106-02-07T06:28:15.999999999Z'],
  ])('%i.%i', (second, fraction, expected) => {
    expect(text(second, fraction)).toBe(expected);
  });
});
