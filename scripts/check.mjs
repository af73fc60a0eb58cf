// Types, lint and format, and that package-lock.json names no registry of its own.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const colour = process.stdout.isTTY && !process.env.NO_COLOR ? 'force' : 'off';

function runs(script, args) {
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  return status === 0;
}

function lockfileIsPortable() {
  const line = readFileSync(join(root, 'package-lock.json'), 'utf8')
    .split('\n')
    .findIndex((text) => text.includes('"resolved"'));
  if (line >= 0) {
    console.error(
      `package-lock.json:${line + 1} has "resolved"; write it with the repository's .npmrc in force.`,
    );
  }
  return line < 0;
}

const CHECKS = {
  types: () => runs('node_modules/typescript/bin/tsc', []),
  'types of the page': () => runs('node_modules/typescript/bin/tsc', ['--project', 'services/console/page']),
  'lint and format': () => runs('node_modules/@biomejs/biome/bin/biome', ['ci', `--colors=${colour}`]),
  lockfile: lockfileIsPortable,
};

const results = Object.entries(CHECKS).map(([name, check]) => ({ name, ok: check() }));
for (const { name, ok } of results) console.log(`${ok ? 'ok    ' : 'failed'} ${name}`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
