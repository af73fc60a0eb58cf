import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QueuedOutput } from '../../../services/probe/transport/queued-output.ts';
import { ManualWaits } from '../../fakes/manual-waits.ts';
import { numberedLines, numbersOf } from '../../support/numbered-lines.ts';
import { PAGE_BYTES, Pipe } from '../../support/pipe.ts';

const LINE_BYTES = 100;

let pipe: Pipe;
let waits: ManualWaits;

beforeEach(() => {
  pipe = new Pipe();
  waits = new ManualWaits();
});
afterEach(() => pipe[Symbol.dispose]());

const queuedOutput = (maxQueuedBytes: number): QueuedOutput =>
  new QueuedOutput(pipe.writer, maxQueuedBytes, waits.sleep);

function writeLines(output: QueuedOutput, first: number, count: number): void {
  const block = numberedLines(first, count, LINE_BYTES);
  output.write(block, block.length);
}

const countTo = (end: number): number[] => Array.from({ length: end }, (_, index) => index);

/** What arrives until nobody waits any more. */
async function readToEnd(): Promise<string> {
  let text = pipe.readText();
  while (waits.isPending) {
    await waits.pass();
    text += pipe.readText();
  }
  return text;
}

describe('a reader that is fast', () => {
  it('has everything at once', () => {
    const output = queuedOutput(1000);
    for (const first of [0, 7, 14]) writeLines(output, first, 7);
    expect(numbersOf(pipe.readText())).toEqual(countTo(21));
    expect(waits.askedMs).toEqual([]);
    expect(output.statistics).toEqual({ overflowedLines: 0, unwantedLines: 0 });
  });

  it('has only the first bytes of a block, as many as there are to write', () => {
    const block = numberedLines(0, 2, LINE_BYTES);
    queuedOutput(1000).write(block, LINE_BYTES);
    expect(pipe.readText()).toBe(block.subarray(0, LINE_BYTES).toString());
  });
});

describe('a reader that is slow', () => {
  it('has the rest of a line later, and every line in order', async () => {
    const output = queuedOutput(1 << 20);
    const capacity = pipe.fill();
    // Room for 40 lines and 96 bytes of the next.
    pipe.read(PAGE_BYTES);
    writeLines(output, 0, 100);
    writeLines(output, 100, 900);
    expect(pipe.read(capacity - PAGE_BYTES).length).toBe(capacity - PAGE_BYTES);
    expect(pipe.read(capacity).length).toBe(PAGE_BYTES);
    await waits.pass();
    const rest = await readToEnd();
    expect(rest.indexOf('\n')).toBe(LINE_BYTES * 41 - PAGE_BYTES - 1);
    expect(numbersOf(rest.slice(rest.indexOf('\n') + 1))).toEqual(countTo(1000).slice(41));
    expect(output.statistics).toEqual({ overflowedLines: 0, unwantedLines: 0 });
  });

  it('makes it busy while more than half of the queue is full', async () => {
    const output = queuedOutput(1000);
    pipe.fill();
    const busy: boolean[] = [];
    for (const lines of [1, 4, 1, 4]) {
      writeLines(output, 0, lines);
      busy.push(output.isBusy);
    }
    expect(busy).toEqual([false, false, true, true]);
    await readToEnd();
    expect(output.isBusy).toBe(false);
  });

  it('is looked after every 2 ms', async () => {
    const output = queuedOutput(1000);
    pipe.fill();
    writeLines(output, 0, 1);
    for (const _ of [1, 2, 3]) await waits.pass();
    expect(waits.askedMs).toEqual([2, 2, 2, 2]);
    expect(numbersOf(await readToEnd())).toEqual([0]);
    expect(waits.isPending).toBe(false);
  });

  it.each([
    { queueLines: 10, blocks: [10], kept: [0], overflowed: 0 },
    { queueLines: 10, blocks: [10, 1], kept: [0], overflowed: 1 },
    { queueLines: 10, blocks: [4, 7, 6], kept: [0, 2], overflowed: 7 },
    { queueLines: 10, blocks: [3, 8, 8, 7, 1], kept: [0, 3], overflowed: 17 },
    { queueLines: 10, blocks: [11], kept: [], overflowed: 11 },
    { queueLines: 1, blocks: [1, 1, 1], kept: [0], overflowed: 2 },
  ])(
    'of blocks of $blocks lines a queue of $queueLines keeps those at $kept',
    async ({ queueLines, blocks, kept, overflowed }) => {
      const output = queuedOutput(queueLines * LINE_BYTES);
      pipe.fill();
      const firsts = blocks.map((_, index) => blocks.slice(0, index).reduce((sum, count) => sum + count, 0));
      for (const [index, first] of firsts.entries()) writeLines(output, first, blocks[index]);
      expect(output.statistics).toEqual({ overflowedLines: overflowed, unwantedLines: 0 });
      const expected = kept.flatMap((index) => countTo(blocks[index]).map((line) => firsts[index] + line));
      expect(numbersOf(await readToEnd())).toEqual(expected);
      writeLines(output, 900, 1);
      expect(numbersOf(pipe.readText())).toEqual([900]);
      expect(output.statistics).toEqual({ overflowedLines: overflowed, unwantedLines: 0 });
    },
  );

  describe('with a queue whose lines go on at its beginning', () => {
    /** 50 lines, the first of them in part, then 45 more that begin 1000 bytes before the end. */
    async function fillRing(): Promise<QueuedOutput> {
      const output = queuedOutput(10_000);
      pipe.fill();
      writeLines(output, 0, 90);
      pipe.read(PAGE_BYTES);
      await waits.pass();
      writeLines(output, 90, 45);
      return output;
    }

    it('has every line in order', async () => {
      const output = await fillRing();
      expect(numbersOf(await readToEnd())).toEqual(countTo(135));
      expect(output.statistics).toEqual({ overflowedLines: 0, unwantedLines: 0 });
    });

    it('has the rest counted when it is given up', async () => {
      const output = await fillRing();
      output.close();
      expect(output.statistics).toEqual({ overflowedLines: 95, unwantedLines: 0 });
    });
  });

  it('has whole lines in order, or they are counted, whatever it reads when', async () => {
    const write = fc.record({
      lines: fc.integer({ min: 1, max: 40 }),
      lineBytes: fc.integer({ min: 7, max: 200 }),
    });
    const read = fc.record({ bytes: fc.integer({ min: 1, max: 3 * PAGE_BYTES }) });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(write, read), { maxLength: 60 }), async (steps) => {
        const output = queuedOutput(5 * PAGE_BYTES);
        pipe.fill();
        let received = '';
        let written = 0;
        for (const step of steps) {
          if ('bytes' in step) {
            received += pipe.read(step.bytes).toString('latin1');
            await waits.pass();
          } else {
            const block = numberedLines(written, step.lines, step.lineBytes);
            output.write(block, block.length);
            written += step.lines;
          }
        }
        const numbers = numbersOf(received.replaceAll('.', '') + (await readToEnd()));
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        expect(output.statistics).toEqual({
          overflowedLines: written - new Set(numbers).size,
          unwantedLines: 0,
        });
      }),
      { numRuns: 150 },
    );
  });
});

describe('a reader that has gone away', () => {
  it('before the first line', () => {
    const output = queuedOutput(1000);
    pipe.closeReader();
    for (const lines of [5, 3]) writeLines(output, 0, lines);
    expect(output.isClosed).toBe(true);
    expect(output.failure).toBeUndefined();
    expect(output.statistics).toEqual({ overflowedLines: 0, unwantedLines: 8 });
    expect(waits.askedMs).toEqual([]);
  });

  it('while lines wait for it', async () => {
    const output = queuedOutput(1000);
    pipe.fill();
    for (const lines of [10, 3]) writeLines(output, 0, lines);
    pipe.closeReader();
    while (waits.isPending) await waits.pass();
    expect(output.isClosed).toBe(true);
    expect(output.statistics).toEqual({ overflowedLines: 3, unwantedLines: 10 });
    writeLines(output, 0, 2);
    output.close();
    expect(output.statistics).toEqual({ overflowedLines: 3, unwantedLines: 12 });
  });

  it('within a line, which it does not have', async () => {
    const output = queuedOutput(1 << 20);
    pipe.fill();
    pipe.read(PAGE_BYTES);
    writeLines(output, 0, 100);
    pipe.closeReader();
    while (waits.isPending) await waits.pass();
    // The page took 40 lines and a part of one more.
    expect(output.statistics).toEqual({ overflowedLines: 0, unwantedLines: 60 });
  });
});

describe('close', () => {
  it('gives up what waits, counts it once and writes no more', async () => {
    const output = queuedOutput(1000);
    pipe.fill();
    for (const lines of [9, 2]) writeLines(output, 0, lines);
    output.close();
    output.close();
    expect(output.statistics).toEqual({ overflowedLines: 11, unwantedLines: 0 });
    expect(await readToEnd()).toBe('');
    expect(waits.isPending).toBe(false);
    expect(output.statistics).toEqual({ overflowedLines: 11, unwantedLines: 0 });
  });

  it('of an empty queue counts nothing', () => {
    const output = queuedOutput(1000);
    writeLines(output, 0, 3);
    output.close();
    expect(output.statistics).toEqual({ overflowedLines: 0, unwantedLines: 0 });
  });
});
