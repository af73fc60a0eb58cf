import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reopenNonBlocking } from '../../../services/probe/transport/queued-output.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { finished } from '../../support/flowtap-process.ts';
import { Pipe } from '../../support/pipe.ts';

const MODULE = new URL('../../../services/probe/transport/queued-output.ts', import.meta.url);

let folder: TemporaryFolder;
beforeEach((ctx) => {
  if (process.platform !== 'linux') ctx.skip('/proc/self/fd exists on Linux only');
  folder = new TemporaryFolder();
});
afterEach(() => folder?.remove());

/** Whether writing waits, by the descriptor's flags as proc(5) has them, in octal. */
function waits(descriptor: number): boolean {
  const [, flags] = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))!;
  return (Number.parseInt(flags, 8) & constants.O_NONBLOCK) === 0;
}

describe('of a pipe', () => {
  it('gives a descriptor that does not wait, beside one that still does', () => {
    using pipe = new Pipe();
    const shared = openSync(pipe.path, constants.O_WRONLY);
    const reopened = reopenNonBlocking(shared);
    expect([waits(shared), waits(reopened)]).toEqual([true, false]);
    pipe.fill();
    expect(() => writeSync(reopened, 'x')).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
    for (const descriptor of [shared, reopened]) closeSync(descriptor);
  });

  it('ends with an error, not a signal, when the reader has gone away', () => {
    using pipe = new Pipe();
    const reopened = reopenNonBlocking(pipe.writer);
    pipe.closeReader();
    expect(() => writeSync(reopened, 'x')).toThrow(expect.objectContaining({ code: 'EPIPE' }));
    closeSync(reopened);
  });
});

describe('of a file', () => {
  it.each([
    { name: 'that is empty', before: '', flags: 'w', text: 'one\ntwo\n' },
    { name: 'that is appended to', before: 'zero\n', flags: 'a', text: 'zero\none\ntwo\n' },
  ])('$name writes at its end', ({ before, flags, text }) => {
    const path = folder.fileOf(Buffer.from(before));
    const shared = openSync(path, flags);
    const reopened = reopenNonBlocking(shared);
    for (const line of ['one\n', 'two\n']) writeSync(reopened, line);
    expect(readFileSync(path, 'utf8')).toBe(text);
    if (reopened !== shared) closeSync(reopened);
    closeSync(shared);
  });

  // As with `flowtap probe > file 2>&1`, or `{ flowtap probe; date; } > file`.
  it.each(['w', 'a'])('opened with %s loses nothing to others who write to the same descriptor', (flags) => {
    const path = folder.newPath();
    const shared = openSync(path, flags);
    writeSync(shared, 'Capturing on eth0.\n');
    const reopened = reopenNonBlocking(shared);
    writeSync(reopened, '{"a":"record"}\n');
    writeSync(shared, 'frames  1\n');
    expect(readFileSync(path, 'utf8')).toBe('Capturing on eth0.\n{"a":"record"}\nframes  1\n');
    if (reopened !== shared) closeSync(reopened);
    closeSync(shared);
  });
});

it('of a socket gives the descriptor itself', async () => {
  // What `spawn` calls a pipe is a pair of sockets.
  const code = `import { reopenNonBlocking } from '${MODULE}'; console.log(reopenNonBlocking(1));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
  expect(await finished(child)).toMatchObject({ exitCode: 0, stdout: '1\n', stderr: '' });
});

it('of what is not open gives it back', () => {
  expect(reopenNonBlocking(99_999)).toBe(99_999);
});
