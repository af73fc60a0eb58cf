import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Window } from '../../../services/probe/flow/window.ts';

function opened(lengthMs: number, seconds: number, nanoseconds: number): Window {
  const window = new Window(lengthMs);
  window.openAt(seconds, nanoseconds);
  return window;
}

describe('Window', () => {
  it.each<[string, number, [number, number], [startMs: number, endMs: number]]>([
    ['at its start', 10_000, [20, 0], [20_000, 30_000]],
    ['at its end', 10_000, [29, 999_999_999], [20_000, 30_000]],
    ['a quarter of a second', 250, [7, 749_999_999], [7500, 7750]],
    ['of two seconds and a half', 2500, [7, 499_999_999], [5000, 7500]],
    ['in the last second of 32 bits', 60_000, [4_294_967_295, 0], [4_294_967_280_000, 4_294_967_340_000]],
    ['at zero', 1000, [0, 0], [0, 1000]],
  ])('%s: is aligned to the clock', (_name, lengthMs, [seconds, nanoseconds], expected) => {
    const window = opened(lengthMs, seconds, nanoseconds);
    expect([window.startMs, window.endMs, window.isOpen]).toEqual([...expected, true]);
  });

  it.each<[string, [number, number], boolean, boolean, boolean]>([
    ['a nanosecond before', [4, 999_999_999], true, false, false],
    ['the first nanosecond', [5, 0], false, true, false],
    ['the last nanosecond', [7, 499_999_999], false, true, false],
    ['a nanosecond after', [7, 500_000_000], false, false, true],
  ])('from 5 to 7.5 s, %s', (_name, time, before, held, after) => {
    const window = opened(2500, 6, 0);
    expect([window.isBefore(...time), window.holds(...time), window.isAfter(...time)]).toEqual([
      before,
      held,
      after,
    ]);
  });

  it('that was never opened holds nothing', () => {
    const window = new Window(1000);
    expect([window.isOpen, window.holds(0, 0), window.isBefore(0, 0)]).toEqual([false, false, false]);
  });

  it('holds the time it was opened at, which is before it, in it or after it', () => {
    const seconds = fc.nat(0xffffffff);
    const nanoseconds = fc.nat(999_999_999);
    const length = fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.constantFrom(1, 1000, 10_000, 60_000));
    fc.assert(
      fc.property(length, seconds, nanoseconds, seconds, nanoseconds, (lengthMs, s, ns, otherS, otherNs) => {
        const window = opened(lengthMs, s, ns);
        expect(window.holds(s, ns)).toBe(true);
        const places = [
          window.isBefore(otherS, otherNs),
          window.holds(otherS, otherNs),
          window.isAfter(otherS, otherNs),
        ];
        expect(places.filter(Boolean)).toHaveLength(1);
        const copy = new Window(lengthMs);
        copy.copy(window);
        expect([copy.startMs, copy.endMs, copy.holds(s, ns)]).toEqual([window.startMs, window.endMs, true]);
      }),
    );
  });
});
