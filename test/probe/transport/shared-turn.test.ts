import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { finished } from '../../support/flowtap-process.ts';
import { Pipe } from '../../support/pipe.ts';
import type { BlockWriterJob } from './block-writer.ts';
import { blockOf } from './block-writer.ts';

const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
const THREADS = [0, 1, 2, 3];
const BLOCKS = 12;

/** Whether the reader had gone away, as each thread says at its end. */
async function writeInThreads(descriptor: number, turn: Int32Array): Promise<boolean[]> {
  return await Promise.all(
    THREADS.map(async (writer) => {
      const workerData: BlockWriterJob = { writer, blocks: BLOCKS, descriptor, turn };
      const [isClosed] = await once(
        new Worker(new URL('./block-writer.ts', import.meta.url), { workerData }),
        'message',
      );
      return isClosed;
    }),
  );
}

const newTurn = (): Int32Array => new Int32Array(new SharedArrayBuffer(4));

/** The blocks of a text, in its order, as `writer block`; throws where one is not whole. */
function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  for (let at = 0; at < text.length; ) {
    const [writer, block] = text
      .slice(at, at + 20)
      .split(' ')
      .map(Number);
    const expected = blockOf(writer, block).toString();
    if (!text.startsWith(expected, at)) throw new Error(`Block ${block} of thread ${writer} is not whole.`);
    blocks.push(`${writer} ${block}`);
    at += expected.length;
  }
  return blocks;
}

const blocksOfThread = (writer: number): string[] =>
  Array.from({ length: BLOCKS }, (_, block) => `${writer} ${block}`);

it.each([
  { name: 'a pipe that waits', flags: O_WRONLY },
  { name: 'a pipe that does not wait', flags: O_WRONLY | O_NONBLOCK },
])('threads that take turns never mix their blocks in $name', async ({ flags }) => {
  const folder = new TemporaryFolder();
  const pipe = new Pipe();
  const path = folder.newPath();
  const reader = finished(spawn('dd', [`if=${pipe.path}`, `of=${path}`, 'bs=5000'], { stdio: 'ignore' }));
  const descriptor = openSync(pipe.path, flags);
  pipe.leaveToOtherReader();
  const turn = newTurn();
  expect(await writeInThreads(descriptor, turn)).toEqual(THREADS.map(() => false));
  closeSync(descriptor);
  pipe[Symbol.dispose]();
  await reader;
  const blocks = blocksOf(readFileSync(path, 'latin1'));
  for (const writer of THREADS) {
    expect(blocks.filter((block) => block.startsWith(`${writer} `))).toEqual(blocksOfThread(writer));
  }
  expect(blocks.length).toBe(THREADS.length * BLOCKS);
  expect(turn[0]).toBe(0);
  folder.remove();
});

it('threads that take turns all hear of a reader that goes away', async () => {
  using pipe = new Pipe();
  const reader = finished(spawn('head', ['-c', '100000', pipe.path]));
  pipe.leaveToOtherReader();
  const turn = newTurn();
  expect(await writeInThreads(pipe.writer, turn)).toEqual(THREADS.map(() => true));
  expect((await reader).stdout.length).toBe(100_000);
  expect(turn[0]).toBe(0);
});

it('threads that take turns write a file', async () => {
  const folder = new TemporaryFolder();
  const path = folder.newPath();
  const descriptor = openSync(path, O_WRONLY | O_CREAT | O_APPEND);
  await writeInThreads(descriptor, newTurn());
  closeSync(descriptor);
  expect(blocksOf(readFileSync(path, 'latin1')).sort()).toEqual(THREADS.flatMap(blocksOfThread).sort());
  folder.remove();
});
