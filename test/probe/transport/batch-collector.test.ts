import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchCollector } from '../../../services/probe/transport/batch-collector.ts';
import { BlockDeflater } from '../../../services/probe/transport/block-deflater.ts';
import type { EventBatch } from '../../../services/probe/transport/event-batch.ts';
import { gzipOf } from '../../../services/probe/transport/gzip-blocks.ts';
import { numberedLines, numbersOf } from '../../support/numbered-lines.ts';

const LINE_BYTES = 100;

function collect(limits: { readonly maxBytes?: number; readonly maxEvents?: number } = {}) {
  const closed: EventBatch[] = [];
  const opened: EventBatch[] = [];
  const collector = new BatchCollector({
    maxBytes: limits.maxBytes ?? 1 << 20,
    maxEvents: limits.maxEvents ?? 1_000_000,
    deflater: new BlockDeflater(1),
    now: () => 5000,
    onOpened: (batch) => opened.push(batch),
    onClosed: (batch) => closed.push(batch),
  });
  return { collector, closed, opened };
}

function writeLines(collector: BatchCollector, first: number, count: number, lineBytes = LINE_BYTES): void {
  const block = numberedLines(first, count, lineBytes);
  collector.write(Buffer.concat([block, Buffer.from('not meant')]), block.length);
}

async function numbersIn(batch: EventBatch): Promise<number[]> {
  return numbersOf(gunzipSync(gzipOf(await batch.finish())).toString());
}

const countTo = (end: number): number[] => Array.from({ length: end }, (_, index) => index);

describe('a batch is closed', () => {
  it.each([
    { limits: { maxEvents: 10 }, blocks: [3, 3], closed: [], open: 6 },
    { limits: { maxEvents: 10 }, blocks: [3, 7], closed: [10], open: 0 },
    { limits: { maxEvents: 10 }, blocks: [25], closed: [10, 10], open: 5 },
    { limits: { maxEvents: 10 }, blocks: [8, 8], closed: [10], open: 6 },
    { limits: { maxEvents: 1 }, blocks: [3], closed: [1, 1, 1], open: 0 },
    { limits: { maxBytes: 1000 }, blocks: [9], closed: [], open: 9 },
    { limits: { maxBytes: 1000 }, blocks: [10], closed: [10], open: 0 },
    { limits: { maxBytes: 1050 }, blocks: [11], closed: [10], open: 1 },
    { limits: { maxBytes: 1050 }, blocks: [4, 4, 4], closed: [10], open: 2 },
    { limits: { maxBytes: 50 }, blocks: [3], closed: [1, 1, 1], open: 0 },
    { limits: { maxBytes: 1000, maxEvents: 4 }, blocks: [9], closed: [4, 4], open: 1 },
  ])('at $limits with blocks of $blocks lines: $closed', async ({ limits, blocks, closed, open }) => {
    const { collector, closed: batches } = collect(limits);
    let first = 0;
    for (const count of blocks) {
      writeLines(collector, first, count);
      first += count;
    }
    expect(batches.map(({ events }) => events)).toEqual(closed);
    expect(collector.open?.events ?? 0).toBe(open);
    collector.close();
    expect((await Promise.all(batches.map(numbersIn))).flat()).toEqual(countTo(first));
    expect(collector.events).toBe(first);
  });

  it('when it is asked for, and only if there is one', () => {
    const { collector, closed, opened } = collect();
    collector.close();
    writeLines(collector, 0, 2);
    collector.close();
    collector.close();
    expect([opened.length, closed.length]).toEqual([1, 1]);
    expect(closed[0]).toMatchObject({ events: 2, eventBytes: 200, openedMs: 5000 });
  });

  it('sooner after one was too large', () => {
    const { collector, closed } = collect({ maxBytes: 100_000 });
    collector.tooLarge(80_000);
    writeLines(collector, 0, 900);
    expect(closed.map(({ eventBytes }) => eventBytes)).toEqual([40_000, 40_000]);
    for (const _ of countTo(20)) collector.tooLarge(10);
    collector.close();
    writeLines(collector, 0, 200);
    expect(closed.at(-1)?.eventBytes).toBe(16_300);
  });
});

it('has every line once and in order, whatever comes', async () => {
  const block = fc.record({
    lines: fc.integer({ min: 1, max: 60 }),
    lineBytes: fc.integer({ min: 7, max: 9000 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(block, { maxLength: 12 }),
      fc.integer({ min: 100, max: 300_000 }),
      fc.integer({ min: 1, max: 70 }),
      async (blocks, maxBytes, maxEvents) => {
        const { collector, closed } = collect({ maxBytes, maxEvents });
        let first = 0;
        for (const { lines, lineBytes } of blocks) {
          writeLines(collector, first, lines, lineBytes);
          first += lines;
        }
        collector.close();
        const batches = await Promise.all(closed.map(numbersIn));
        expect(batches.flat()).toEqual(countTo(first));
        expect(closed.map(({ events }) => events)).toEqual(batches.map(({ length }) => length));
        for (const batch of closed) {
          expect(batch.events).toBeLessThanOrEqual(maxEvents);
          if (batch.events > 1) expect(batch.eventBytes).toBeLessThanOrEqual(maxBytes);
        }
      },
    ),
    { numRuns: 60 },
  );
});

it('is busy, and then drops and counts, while more comes than can be compressed', async () => {
  const { collector, closed } = collect();
  const lines = 1000;
  writeLines(collector, 0, lines, 300);
  expect(collector.isBusy).toBe(false);
  writeLines(collector, 0, lines, 300);
  expect(collector.isBusy).toBe(true);
  for (const _ of countTo(20)) writeLines(collector, 0, lines, 300);
  expect(collector.overrunEvents).toBe(8 * lines);
  expect(collector.events).toBe(22 * lines);
  collector.close();
  for (const batch of closed) {
    await batch.finish();
    collector.finished(batch);
  }
  expect(collector.isBusy).toBe(false);
  writeLines(collector, 0, lines, 300);
  expect(collector.overrunEvents).toBe(8 * lines);
  expect(closed.reduce((sum, { events }) => sum + events, 0)).toBe(14 * lines);
});
