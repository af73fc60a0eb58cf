import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTimestampResolution, TimestampScale } from '../../../services/probe/capture/timestamp-scale.ts';

const BINARY = 0x80;
const MAX_SECONDS = 0xffffffffn;

function timestampBytes(timestamp: bigint, littleEndian: boolean): DataView {
  const view = new DataView(new ArrayBuffer(9));
  view.setUint32(1, Number(timestamp >> 32n), littleEndian);
  view.setUint32(5, Number(timestamp & 0xffffffffn), littleEndian);
  return view;
}

function read(scale: TimestampScale, timestamp: bigint, littleEndian = true): [number, number] {
  scale.read(timestampBytes(timestamp, littleEndian), 1, littleEndian);
  return [scale.seconds, scale.nanoseconds];
}

/** The same with integers of any size. */
function exact(resolution: number, timestamp: bigint): [number, number] {
  const exponent = BigInt(resolution & 0x7f);
  const perSecond = (resolution & BINARY) !== 0 ? 2n ** exponent : 10n ** exponent;
  const seconds = timestamp / perSecond;
  const nanoseconds = ((timestamp % perSecond) * 1_000_000_000n) / perSecond;
  return [Number(seconds > MAX_SECONDS ? MAX_SECONDS : seconds), Number(nanoseconds)];
}

describe('a time stamp in the unit of its interface', () => {
  test.each<[string, number, number, bigint, number, number]>([
    ['seconds', 0, 0, 1_790_000_000n, 1_790_000_000, 0],
    ['milliseconds', 3, 0, 1_790_000_000_123n, 1_790_000_000, 123_000_000],
    ['microseconds', 6, 0, 1_790_000_000_123_456n, 1_790_000_000, 123_456_000],
    ['nanoseconds', 9, 0, 1_790_000_000_123_456_789n, 1_790_000_000, 123_456_789],
    ['picoseconds', 12, 0, 1_790_000_123_456_789_999n, 1_790_000, 123_456_789],
    ['the finest power of ten', 19, 0, 15_000_000_000_000_000_000n, 1, 500_000_000],
    ['2^-0', BINARY, 0, 77n, 77, 0],
    ['2^-1', BINARY | 1, 0, 5n, 2, 500_000_000],
    ['2^-10', BINARY | 10, 0, 1025n, 1, 976_562],
    ['2^-32', BINARY | 32, 0, (7n << 32n) | 0x80000000n, 7, 500_000_000],
    ['2^-63', BINARY | 63, 0, 3n << 62n, 1, 500_000_000],
    ['an offset', 6, 1_700_000_000, 5_000_001n, 1_700_000_005, 1000],
    ['an offset back', 6, -3, 5_000_001n, 2, 1000],
    ['before 1970', 6, -30, 5_000_001n, 0, 1000],
    ['after 2106', 6, 0, 0xffffffffffffffffn, 0xffffffff, 551_615_000],
  ])('%s', (_, resolution, offset, timestamp, seconds, nanoseconds) => {
    expect(read(new TimestampScale(resolution, offset), timestamp)).toEqual([seconds, nanoseconds]);
  });
});

test('every resolution and time stamp reads as exact integers do', () => {
  const resolution = fc.oneof(
    fc.nat(19),
    fc.nat(63).map((exponent) => BINARY | exponent),
  );
  const timestamp = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn });
  fc.assert(
    fc.property(resolution, timestamp, fc.boolean(), (unit, value, littleEndian) => {
      expect(read(new TimestampScale(unit), value, littleEndian)).toEqual(exact(unit, value));
    }),
    { numRuns: 5000 },
  );
});

test('one after the other, near to each other or not', () => {
  const steps = fc.array(fc.oneof(fc.bigInt(-900n, 900n), fc.bigInt(-(2n ** 33n), 2n ** 33n)), {
    maxLength: 20,
  });
  const start = fc.constantFrom(2n ** 50n, 1_790_000_000n * 10n ** 6n, 1_790_000_000n * 10n ** 9n, 2n ** 36n);
  fc.assert(
    fc.property(fc.constantFrom(0, 2, 3, 6, 9, 12, BINARY | 10), start, steps, (unit, first, list) => {
      const scale = new TimestampScale(unit);
      let timestamp = first;
      for (const step of list) {
        timestamp += step;
        expect(read(scale, timestamp)).toEqual(exact(unit, timestamp));
      }
    }),
    { numRuns: 3000 },
  );
});

test.each([
  [0, true],
  [19, true],
  [20, false],
  [127, false],
  [BINARY | 63, true],
  [BINARY | 64, false],
])('resolution %d can be used: %s', (resolution, usable) => {
  expect(isTimestampResolution(resolution)).toBe(usable);
});
