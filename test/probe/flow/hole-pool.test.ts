import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOLES_PER_BLOCK, HolePool } from '../../../services/probe/flow/hole-pool.ts';

const YOUNG = 3_000_000;

/** A pool in which one direction has these holes, opened at second 10; and its block. */
function poolOf(holes: readonly [start: number, end: number][]): { pool: HolePool; block: number } {
  const pool = new HolePool(4);
  let block = 0;
  for (const [start, end] of holes) block = pool.open(block, start | 0, end | 0, 10, 0);
  return { pool, block };
}

describe('fill', () => {
  it.each<[string, [number, number][], [number, number], number, boolean]>([
    ['a hole exactly', [[100, 200]], [100, 200], 100, false],
    ['its beginning', [[100, 200]], [100, 150], 50, true],
    ['its end', [[100, 200]], [150, 200], 50, true],
    ['its middle, which makes two', [[100, 200]], [140, 160], 20, true],
    ['more than it', [[100, 200]], [50, 250], 100, false],
    ['nothing: before', [[100, 200]], [0, 100], 0, true],
    ['nothing: behind', [[100, 200]], [200, 300], 0, true],
    ['nothing: empty', [[100, 200]], [150, 150], 0, true],
    [
      'two holes and what is between',
      [
        [100, 200],
        [300, 400],
      ],
      [150, 350],
      100,
      true,
    ],
    [
      'all holes',
      [
        [100, 200],
        [300, 400],
        [500, 600],
        [700, 800],
      ],
      [0, 1000],
      400,
      false,
    ],
    ['over the wrap', [[0xfffffff0, 0x100000010]], [0xfffffff8, 0x100000008], 16, true],
  ])('%s', (_name, holes, [start, end], filledBytes, isLeft) => {
    const { pool, block } = poolOf(holes);
    const left = pool.fill(block, start | 0, end | 0, 20, 0, YOUNG);
    expect([pool.filledBytes, left]).toEqual([filledBytes, isLeft ? block : 0]);
  });

  it.each<[string, [seconds: number, nanoseconds: number], boolean]>([
    ['at once', [10, 0], true],
    ['just in time', [10, YOUNG], true],
    ['too late', [10, YOUNG + 1], false],
    ['much later', [11, 0], false],
    ['before it opened', [9, 999_999_999], false],
  ])('says whether the hole was young: %s', (_name, [seconds, nanoseconds], expected) => {
    const { pool, block } = poolOf([[100, 200]]);
    pool.fill(block, 100, 150, seconds, nanoseconds, YOUNG);
    expect(pool.filledYoung).toBe(expected);
    pool.fill(block, 300, 400, 10, 0, YOUNG);
    expect(pool.filledYoung).toBe(false);
  });

  it('keeps the time of a hole in both of its halves', () => {
    const { pool, block } = poolOf([[100, 200]]);
    pool.fill(block, 140, 160, 12, 0, YOUNG);
    pool.fill(block, 160, 170, 10, 5, YOUNG);
    expect(pool.filledYoung).toBe(true);
  });
});

describe('room', () => {
  const holesOf = (count: number): [number, number][] =>
    Array.from({ length: count }, (_, index) => [index * 20, index * 20 + 10]);

  it(`is for ${HOLES_PER_BLOCK} holes a direction; the others are forgotten, and counted`, () => {
    const { pool, block } = poolOf(holesOf(HOLES_PER_BLOCK + 2));
    expect(pool.forgotten).toBe(2);
    expect(pool.fill(block, 0, 1000, 20, 0, YOUNG)).toBe(0);
    expect(pool.filledBytes).toBe(HOLES_PER_BLOCK * 10);
  });

  it('is made by the hole lowest in the stream', () => {
    const { pool, block } = poolOf(holesOf(HOLES_PER_BLOCK + 1));
    pool.fill(block, 0, 10, 20, 0, YOUNG);
    expect(pool.filledBytes).toBe(0);
    pool.fill(block, HOLES_PER_BLOCK * 20, HOLES_PER_BLOCK * 20 + 10, 20, 0, YOUNG);
    expect(pool.filledBytes).toBe(10);
  });

  it('lets the far half of a hole go when there is none for it', () => {
    const { pool, block } = poolOf(holesOf(HOLES_PER_BLOCK));
    pool.fill(block, 4, 6, 20, 0, YOUNG);
    expect([pool.filledBytes, pool.forgotten]).toEqual([2, 1]);
    pool.fill(block, 0, 10, 20, 0, YOUNG);
    expect(pool.filledBytes).toBe(4);
  });

  it('is for so many directions; a block comes back when its last hole is filled, or by release', () => {
    const pool = new HolePool(2);
    const [first, second] = [pool.open(0, 0, 10, 1, 0), pool.open(0, 0, 10, 1, 0)];
    expect([pool.open(0, 0, 10, 1, 0), pool.forgotten]).toEqual([0, 1]);
    pool.release(first);
    expect(pool.open(0, 0, 10, 1, 0)).toBe(first);
    expect(pool.fill(second, 0, 10, 1, 0, YOUNG)).toBe(0);
    expect(pool.open(0, 0, 10, 1, 0)).toBe(second);
    expect(pool.forgotten).toBe(1);
  });
});

it('whatever is filled in whatever order, each remembered byte comes out once', () => {
  const holes = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 })), {
      minLength: 1,
      maxLength: 4,
    })
    .map((steps) => {
      let at = 0;
      return steps.map(([gap, length]): [number, number] => {
        const start = at + gap;
        at = start + length;
        return [start, at];
      });
    });
  const fills = fc.array(fc.tuple(fc.nat(400), fc.nat(100)), { maxLength: 20 });
  const base = fc.constantFrom(0, 0x7fffff80, 0xffffff80);
  fc.assert(
    fc.property(holes, fills, base, (open, parts, from) => {
      const pool = new HolePool(1);
      let block = 0;
      for (const [start, end] of open) block = pool.open(block, (from + start) | 0, (from + end) | 0, 1, 0);
      const missing = new Set<number>();
      for (const [start, end] of open) for (let at = start; at < end; at++) missing.add(at);
      for (const [start, length] of [...parts, [0, 1000]]) {
        if (block === 0) break;
        let expected = 0;
        for (let at = start; at < start + length; at++) if (missing.delete(at)) expected++;
        block = pool.fill(block, (from + start) | 0, (from + start + length) | 0, 1, 0, YOUNG);
        // What is forgotten is missing for good.
        if (pool.forgotten === 0) expect(pool.filledBytes).toBe(expected);
        else expect(pool.filledBytes).toBeLessThanOrEqual(expected);
      }
      expect(block).toBe(0);
      // The block has come back.
      expect(pool.open(0, 0, 10, 1, 0)).toBe(1);
    }),
  );
});
