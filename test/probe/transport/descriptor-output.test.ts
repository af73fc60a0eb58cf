import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DescriptorOutput } from '../../../services/probe/transport/descriptor-output.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { finished } from '../../support/flowtap-process.ts';
import { numberedLines } from '../../support/numbered-lines.ts';
import { Pipe } from '../../support/pipe.ts';

const { O_NONBLOCK, O_WRONLY } = constants;

/** Far more than a pipe holds. */
const MANY_LINES = numberedLines(0, 10_000, 100);

const KINDS_OF_PIPES = [
  { name: 'a pipe that waits', flags: O_WRONLY },
  { name: 'a pipe that does not wait', flags: O_WRONLY | O_NONBLOCK },
];

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder.remove());

describe('a file', () => {
  it.each([
    { flags: 'w', before: 'old\n', text: 'one\ntwo\n' },
    { flags: 'a', before: 'old\n', text: 'old\none\ntwo\n' },
  ])('opened with $flags has the first bytes of each block', ({ flags, before, text }) => {
    const path = folder.fileOf(Buffer.from(before));
    const descriptor = openSync(path, flags);
    const output = new DescriptorOutput(descriptor);
    output.write(Buffer.from('one\n'), 4);
    output.write(Buffer.from('two\nthree\n'), 4);
    output.write(Buffer.from('four\n'), 0);
    closeSync(descriptor);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(output.isClosed).toBe(false);
  });

  it('has a large block whole', () => {
    const path = folder.newPath();
    const descriptor = openSync(path, 'w');
    new DescriptorOutput(descriptor).write(MANY_LINES, MANY_LINES.length);
    closeSync(descriptor);
    expect(readFileSync(path).equals(MANY_LINES)).toBe(true);
  });
});

describe('a slow reader', () => {
  const PIECE_BYTES = 500;

  it.each(KINDS_OF_PIPES)('of $name holds up the writer, and has everything', async ({ flags }) => {
    const pipe = new Pipe();
    const capacity = pipe.fill();
    pipe.readText();
    const descriptor = openSync(pipe.path, flags);
    const path = folder.newPath();
    const args = [`if=${pipe.path}`, `of=${path}`, `bs=${PIECE_BYTES}`];
    const reader = finished(spawn('dd', args, { stdio: 'ignore' }));
    pipe.leaveToOtherReader();
    const output = new DescriptorOutput(descriptor);
    output.write(MANY_LINES, MANY_LINES.length);
    // Only what the pipe holds, and a piece in the reader's hand, is on its way.
    expect(statSync(path).size).toBeGreaterThanOrEqual(MANY_LINES.length - capacity - PIECE_BYTES);
    expect(output.isClosed).toBe(false);
    closeSync(descriptor);
    pipe[Symbol.dispose]();
    await reader;
    expect(readFileSync(path).equals(MANY_LINES)).toBe(true);
  });
});

describe('a reader that goes away', () => {
  it('between two blocks closes the output, without an error', () => {
    using pipe = new Pipe();
    const turn = new Int32Array(new SharedArrayBuffer(4));
    const output = new DescriptorOutput(pipe.writer, turn);
    output.write(Buffer.from('one\n'), 4);
    expect(output.isClosed).toBe(false);
    pipe.closeReader();
    for (const _ of [1, 2]) {
      output.write(Buffer.from('two\n'), 4);
      expect(output.isClosed).toBe(true);
    }
    expect(turn[0]).toBe(0);
  });

  it.each(KINDS_OF_PIPES)('within a block closes the output to $name', async ({ flags }) => {
    using pipe = new Pipe();
    const descriptor = openSync(pipe.path, flags);
    const reader = finished(spawn('head', ['-c', '1000', pipe.path]));
    pipe.leaveToOtherReader();
    const output = new DescriptorOutput(descriptor);
    output.write(MANY_LINES, MANY_LINES.length);
    expect(output.isClosed).toBe(true);
    output.write(MANY_LINES, MANY_LINES.length);
    expect((await reader).stdout).toBe(MANY_LINES.subarray(0, 1000).toString());
    closeSync(descriptor);
  });
});
