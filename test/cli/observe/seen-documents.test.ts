import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeenDocuments } from '../../../services/cli/observe/seen-documents.ts';

test('a document is new once, and a copy of it in another index a copy', () => {
  const seen = new SeenDocuments(10_500, 100);
  expect(seen.fromMs).toBe(10_000);
  expect(seen.add('a', 'one', 11_000)).toBe('new');
  expect(seen.add('a', 'one', 11_000)).toBe('known');
  expect(seen.add('a', 'two', 12_000)).toBe('copy');
  expect(seen.add('a', 'two', 12_000)).toBe('known');
  expect(seen.add('b', 'two', 12_999)).toBe('new');
  expect([seen.countBefore(11_999), seen.countBefore(12_999), seen.countBefore(13_000)]).toEqual([0, 1, 3]);
});

test('what is too old is forgotten, and counted', () => {
  const seen = new SeenDocuments(0, 100);
  for (const second of [1, 2, 3]) seen.add(`id-${second}`, 'one', second * 1000 + 500);
  expect(seen.forgetBefore(2700)).toBe(false);
  expect([seen.fromMs, seen.size, seen.forgotten]).toEqual([2000, 2, 1]);
  expect(seen.add('late', 'one', 1999)).toBe('new');
  expect([seen.size, seen.forgotten]).toEqual([2, 2]);
});

describe('where there is too much', () => {
  test('the oldest seconds go, and the begin with them', () => {
    const seen = new SeenDocuments(0, 3);
    for (const [index, atMs] of [1000, 1500, 2000, 3000, 3001].entries()) seen.add(`${index}`, 'one', atMs);
    expect(seen.forgetBefore(0)).toBe(true);
    expect([seen.fromMs, seen.size, seen.forgotten]).toEqual([2000, 3, 2]);
    expect(seen.forgetBefore(0)).toBe(false);
  });

  test('the newest second stays whole', () => {
    const seen = new SeenDocuments(0, 1);
    for (const id of ['a', 'b', 'c']) seen.add(id, 'one', 1000);
    seen.forgetBefore(0);
    expect([seen.size, seen.forgotten]).toEqual([3, 0]);
  });
});

test('nothing is counted twice or lost, in whatever order it comes', async () => {
  const document = fc.record({ id: fc.nat(20), index: fc.nat(1), atMs: fc.nat(20_000) });
  const step = fc.oneof(document, fc.record({ beforeMs: fc.nat(20_000) }));
  await fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const seen = new SeenDocuments(0, 8);
      let taken = 0;
      for (const each of steps) {
        if ('beforeMs' in each) seen.forgetBefore(each.beforeMs);
        else if (seen.add(`${each.id}`, `${each.index}`, each.atMs) !== 'known') taken++;
        expect(seen.size + seen.forgotten).toBe(taken);
        expect(seen.countBefore(Number.MAX_SAFE_INTEGER)).toBe(seen.size);
        expect(seen.countBefore(seen.fromMs)).toBe(0);
      }
    }),
  );
});
