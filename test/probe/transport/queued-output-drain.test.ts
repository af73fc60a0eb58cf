import { spawn } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { QueuedOutput } from '../../../services/probe/transport/queued-output.ts';
import { systemClock } from '../../../services/runtime/clock.ts';
import { ManualWaits } from '../../fakes/manual-waits.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { numberedLines, numbersOf } from '../../support/numbered-lines.ts';
import { PAGE_BYTES, Pipe } from '../../support/pipe.ts';

const LINE_BYTES = 100;

let pipe: Pipe;
let waits: ManualWaits;
let output: QueuedOutput;

beforeEach(() => {
  pipe = new Pipe();
  waits = new ManualWaits();
  output = new QueuedOutput(pipe.writer, 1 << 20, waits.sleep);
});
afterEach(() => pipe[Symbol.dispose]());

function writeLines(count: number): void {
  const block = numberedLines(0, count, LINE_BYTES);
  output.write(block, block.length);
}

/** What arrives until nobody waits any more. */
async function readToEnd(): Promise<string> {
  let text = pipe.readText();
  while (waits.isPending) {
    await waits.pass();
    text += pipe.readText();
  }
  return text;
}

/** Whether a promise has been fulfilled by the next turn. */
async function isFulfilled(promise: Promise<unknown>): Promise<boolean> {
  let fulfilled = false;
  void promise.then(() => {
    fulfilled = true;
  });
  await nextTurn();
  return fulfilled;
}

const listenersOf = ({ signal }: AbortController): number => getEventListeners(signal, 'abort').length;

describe('drain', () => {
  it('has nothing to wait for when all is written', async () => {
    const never = new AbortController();
    writeLines(10);
    expect(await isFulfilled(output.drain(never.signal))).toBe(true);
    expect(listenersOf(never)).toBe(0);
  });

  it('waits until the last byte is in the pipe', async () => {
    const never = new AbortController();
    const capacity = pipe.fill();
    writeLines(2 * Math.ceil(capacity / LINE_BYTES));
    const drained = output.drain(never.signal);
    expect(await isFulfilled(drained)).toBe(false);
    let text = '';
    for (let reads = 0; reads < 2; reads++) {
      text += pipe.readText();
      expect(await isFulfilled(drained)).toBe(false);
      await waits.pass();
    }
    text += pipe.readText();
    await waits.pass();
    expect(await isFulfilled(drained)).toBe(true);
    text += pipe.readText();
    expect(numbersOf(text).length).toBe(2 * Math.ceil(capacity / LINE_BYTES));
    expect(listenersOf(never)).toBe(0);
  });

  it.each(['before', 'while it waits'])(
    'ends when the signal aborts %s, and the lines go on waiting',
    async (when) => {
      const ending = new AbortController();
      pipe.fill();
      writeLines(3);
      if (when === 'before') ending.abort();
      const drained = output.drain(ending.signal);
      expect(await isFulfilled(drained)).toBe(when === 'before');
      ending.abort();
      expect(await isFulfilled(drained)).toBe(true);
      expect(pipe.readText()).toBe('');
      await waits.pass();
      expect(numbersOf(pipe.readText())).toEqual([0, 1, 2]);
      expect(output.statistics).toEqual({ overflowedLines: 0, unwantedLines: 0 });
    },
  );

  it('leaves no listener on the signal, however often it is called', async () => {
    const ending = new AbortController();
    for (let round = 0; round < 20; round++) {
      pipe.fill();
      writeLines(1);
      const drained = Promise.all([output.drain(ending.signal), output.drain(ending.signal)]);
      expect(listenersOf(ending)).toBe(2);
      pipe.readText();
      await waits.pass();
      await drained;
      expect(listenersOf(ending)).toBe(0);
    }
    pipe.fill();
    writeLines(1);
    const drained = output.drain(ending.signal);
    ending.abort();
    await drained;
    expect(listenersOf(ending)).toBe(0);
  });

  it.each([
    {
      name: 'the reader goes away',
      end: () => pipe.closeReader(),
      statistics: { overflowedLines: 0, unwantedLines: 3 },
    },
    {
      name: 'what waits is given up',
      end: () => output.close(),
      statistics: { overflowedLines: 3, unwantedLines: 0 },
    },
  ])('ends when $name', async ({ end, statistics }) => {
    pipe.fill();
    writeLines(3);
    const drained = output.drain(new AbortController().signal);
    end();
    while (waits.isPending) await waits.pass();
    expect(await isFulfilled(drained)).toBe(true);
    expect(output.statistics).toEqual(statistics);
  });
});

/** Bytes whose rest, once their beginning has been written, is cut off only after the reader has read. */
class BytesReadMeanwhile extends Uint8Array<ArrayBuffer> {
  readAtCut: () => void = () => undefined;

  override subarray(begin?: number, end?: number): Uint8Array<ArrayBuffer> {
    this.readAtCut();
    return new Uint8Array(this.buffer, this.byteOffset, this.length).subarray(begin, end);
  }
}

describe('a reader that makes room just when a block is queued', () => {
  it('has what comes later too', async () => {
    const lines = numberedLines(0, 100, LINE_BYTES);
    const block = new BytesReadMeanwhile(new ArrayBuffer(lines.length));
    block.set(lines);
    let text = '';
    block.readAtCut = () => {
      text += pipe.readText();
    };
    pipe.fill();
    pipe.read(PAGE_BYTES);
    output.write(block, block.length);
    text += await readToEnd();
    expect(numbersOf(text).length).toBe(100);

    pipe.fill();
    writeLines(3);
    expect(numbersOf(await readToEnd())).toEqual([0, 1, 2]);
    // While nothing writes the queue, `drain` would never give the turn back.
    expect(await isFulfilled(output.drain(new AbortController().signal))).toBe(true);
  });

  it.each([10, 300])('has all blocks of %i lines when it reads all the time', async (count) => {
    const folder = new TemporaryFolder();
    const path = folder.newPath();
    const file = openSync(path, 'w');
    const reader = spawn('cat', [pipe.path], { stdio: ['ignore', file, 'inherit'] });
    closeSync(file);
    const ended = once(reader, 'close');
    const live = new QueuedOutput(pipe.writer, 16 << 20, (ms) => systemClock.sleep(ms));
    const block = numberedLines(0, count, 500);
    const blocks = Math.ceil(8_000_000 / block.length);
    pipe.leaveToOtherReader();
    for (let index = 0; index < blocks; index++) {
      live.write(block, block.length);
      if (index % 20 === 0) await nextTurn();
    }
    await vi.waitFor(() => expect(statSync(path).size).toBe(blocks * block.length), { timeout: 5000 });
    const numbers = numbersOf(readFileSync(path, 'latin1'));
    expect(numbers.every((number, index) => number === index % count)).toBe(true);
    expect(live.statistics).toEqual({ overflowedLines: 0, unwantedLines: 0 });
    reader.kill();
    await ended;
    folder.remove();
  });
});
