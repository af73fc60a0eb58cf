import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DescriptorOutput } from '../../../services/probe/transport/descriptor-output.ts';
import { QueuedOutput } from '../../../services/probe/transport/queued-output.ts';
import { ManualWaits } from '../../fakes/manual-waits.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { finished } from '../../support/flowtap-process.ts';
import { numberedLines } from '../../support/numbered-lines.ts';

const CHILD = fileURLToPath(new URL('./limited-file-child.ts', import.meta.url));
/** `ulimit -f` counts these (POSIX). */
const FILE_BLOCK_BYTES = 512;

describe('a full disk', () => {
  it('is an error of DescriptorOutput, which passes the turn on', (ctx) => {
    if (process.platform !== 'linux') ctx.skip('/dev/full exists on Linux only');
    const full = openSync('/dev/full', 'w');
    const turn = new Int32Array(new SharedArrayBuffer(4));
    const output = new DescriptorOutput(full, turn);
    for (const _ of [1, 2]) {
      expect(() => output.write(Buffer.from('one\n'), 4)).toThrow(
        expect.objectContaining({
          code: 'OUTPUT_FAILED',
          message: 'Records cannot be written: ENOSPC: no space left on device, write',
          cause: expect.objectContaining({ code: 'ENOSPC' }),
        }),
      );
      expect([output.isClosed, turn[0]]).toEqual([false, 0]);
    }
    closeSync(full);
  });

  it('ends QueuedOutput, which counts every line that is lost', (ctx) => {
    if (process.platform !== 'linux') ctx.skip('/dev/full exists on Linux only');
    const full = openSync('/dev/full', 'w');
    const waits = new ManualWaits();
    const output = new QueuedOutput(full, 1000, waits.sleep);
    for (const lines of [4, 5]) output.write(numberedLines(0, lines, 100), lines * 100);
    closeSync(full);
    expect(output.failure).toMatchObject({ code: 'ENOSPC' });
    expect(output.isClosed).toBe(false);
    expect(output.statistics).toEqual({ overflowedLines: 0, unwantedLines: 9 });
    expect(waits.askedMs).toEqual([]);
  });
});

describe('a file that takes only a part of a block', () => {
  it.each([
    { kind: 'descriptor', outcome: { causeCode: 'EFBIG', isClosed: false, turn: 0 } },
    // The file ends within the sixth line.
    {
      kind: 'queued',
      outcome: { causeCode: 'EFBIG', isClosed: false, overflowedLines: 0, unwantedLines: 5 },
    },
  ])('$kind: $outcome', async ({ kind, outcome }) => {
    const folder = new TemporaryFolder();
    const path = folder.newPath();
    const limited = `ulimit -f 1 && exec "${process.execPath}" "${CHILD}" ${kind} "${path}"`;
    const { stdout, stderr, exitCode } = await finished(spawn('sh', ['-c', limited]));
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(JSON.parse(stdout)).toEqual(outcome);
    expect(readFileSync(path).equals(numberedLines(0, 10, 100).subarray(0, FILE_BLOCK_BYTES))).toBe(true);
    folder.remove();
  });
});
