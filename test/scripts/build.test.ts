import { execFile, execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMANDS } from '../../services/cli/command-list.ts';

const ROOT = join(import.meta.dirname, '../..');
const BUILD_MS = 120_000;
const CACHE = join(ROOT, '.cache');
mkdirSync(CACHE, { recursive: true });

/** Inside the repository: packages with native code are not in the bundle. */
const folder = mkdtempSync(join(CACHE, 'build-'));

beforeAll(() => {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.mjs'), folder], { stdio: 'pipe' });
}, BUILD_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function flowtap(...args: readonly string[]): Promise<string> {
  const run = promisify(execFile)(process.execPath, [join(folder, 'flowtap.js'), ...args], { env: {} });
  return (await run).stdout;
}

test.each(COMMANDS.map(({ name }) => name))('the bundle has the command %s', async (name) => {
  expect(await flowtap(name, '--help')).toMatch(new RegExp(`^Usage: flowtap ${name} `));
});

test('the bundle meters, keeps names and gives them', { timeout: BUILD_MS }, async () => {
  expect(await flowtap('demo', '--recorded')).toContain('web → shop/shop-1:80');
});

test('the bundle has the templates', async () => {
  expect(JSON.parse(await flowtap('setup', 'elasticsearch', '--print-roles'))).toHaveProperty(
    'flowtap-writer',
  );
});

test('a bundle of some commands holds no code of the others', () => {
  const small = join(folder, 'small');
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.mjs'), '--only', 'probe', small], {
    stdio: 'pipe',
  });
  const code = globSync(join(small, '**/*.js')).map((path) => readFileSync(path, 'utf8'));
  const packages = code.join('\n').match(/^\/\/ .*node_modules\/(?:@[^/]+\/)?[^/\n]+/gm) ?? [];
  const names = new Set(packages.map((line) => line.replace(/.*node_modules\//, '')));
  expect(names).toContain('pino');
  expect([...names].filter((name) => /express|kubernetes|^pg|elastic|memjs|pglite/.test(name))).toEqual([]);
});
