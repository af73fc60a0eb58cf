import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../architecture/source-files.ts';
import { makeRunFolder } from '../servers/run-folder.ts';

const WANTED = {
  '': { name: 'project' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/for-windows': { version: '1.0.0', integrity: 'sha512-w', optional: true },
};
const A = WANTED['node_modules/a'];

let root: string;

beforeEach(() => {
  root = makeRunFolder('packages');
  write('package-lock.json', JSON.stringify({ packages: WANTED }));
  write('node_modules/node/bin/node', '');
  // Stands for npm: notes that it was called, and talks on stdout as npm does.
  write('npm.cjs', "require('fs').writeFileSync('called', process.argv[2]); console.log('added 1 package');");
});

afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function ensure() {
  const module = JSON.stringify(join(ROOT, 'scripts/dependencies.mjs'));
  const code = `import(${module}).then((m) => m.ensureDependencies(${JSON.stringify(root)}))`;
  const env = { ...process.env, npm_execpath: join(root, 'npm.cjs'), npm_node_execpath: process.execPath };
  return spawnSync(process.execPath, ['--eval', code], { env, encoding: 'utf8' });
}

test.each([
  { what: 'the same packages', installed: { 'node_modules/a': A }, installs: false },
  {
    what: 'one more',
    installed: { 'node_modules/a': A, 'node_modules/b': { version: '1.0.0' } },
    installs: false,
  },
  {
    what: 'another version',
    installed: { 'node_modules/a': { ...A, version: '2.0.0' } },
    installs: true,
  },
  {
    what: 'other content',
    installed: { 'node_modules/a': { ...A, integrity: 'sha512-x' } },
    installs: true,
  },
  { what: 'one less', installed: {}, installs: true },
  { what: 'no list of what is installed', installed: undefined, installs: true },
])('with $what, npm ci runs: $installs', ({ installed, installs }) => {
  if (installed) write('node_modules/.package-lock.json', JSON.stringify({ packages: installed }));
  const { status, stdout } = ensure();
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  expect(existsSync(join(root, 'called'))).toBe(installs);
});

test('when npm fails, a sentence says so', () => {
  write('npm.cjs', 'process.exit(1);');
  expect(ensure().stderr).toContain('npm ci failed: see above, then try again.');
});
