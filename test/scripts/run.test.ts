import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../architecture/source-files.ts';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { npm_lifecycle_event: _, ...inherited } = process.env;
  return spawnSync(process.execPath, [join(ROOT, 'scripts/run.mjs'), ...args], {
    cwd: ROOT,
    env: { ...inherited, ...env },
    encoding: 'utf8',
  });
}

test('stdout has what the program writes, and nothing else', () => {
  expect(run(['flowtap', '--version'])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
});

test('the exit code is the one of the program', () => {
  expect(run(['flowtap', 'no-such-command'])).toMatchObject({ status: 2, stdout: '' });
});

test.each(['no-such-task', 'toString'])('%s is no task', (task) => {
  const { status, stdout, stderr } = run([task]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^Usage: node scripts\/run\.mjs <flowtap\|/);
});

test('under npm, paths are relative to where the user typed', () => {
  const env = { npm_lifecycle_event: 'flowtap', INIT_CWD: join(ROOT, 'docs') };
  const here = run(['flowtap', 'replay', 'errors.md'], env);
  const elsewhere = run(['flowtap', 'replay', 'errors.md'], { ...env, INIT_CWD: tmpdir() });
  // Both fail, one on what the file holds and one on its absence.
  expect(here.stderr).not.toContain('There is no such file');
  expect(elsewhere.stderr).toContain('There is no such file');
});
