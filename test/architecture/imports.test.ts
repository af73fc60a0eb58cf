import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './source-files.ts';

const BIOME = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');

/** The import rule's complaints about a file that would stand at `path`. */
function complaints(path: string, code: string): string[] {
  const args = ['lint', '--only=style/noRestrictedImports', '--colors=off', `--stdin-file-path=${path}`];
  const { stdout, stderr } = spawnSync(process.execPath, [BIOME, ...args], {
    cwd: ROOT,
    input: code,
    encoding: 'utf8',
  });
  return [...`${stdout}${stderr}`.matchAll(/× (.*)/g)]
    .map(([, sentence]) => sentence)
    .filter(
      (sentence) =>
        sentence.startsWith('services/') ||
        sentence.startsWith('A service') ||
        sentence.startsWith('The probe'),
    );
}

const CORE_PURE = 'services/core is pure: no packages and no node: built-ins.';
const CORE_ALONE = 'services/core imports nothing outside services/core.';
const RUNTIME = 'services/runtime imports services/core only.';
const SERVICE = 'A service imports core, runtime and itself.';
const PROBE = "The probe's closure never holds the Kubernetes client, express or pg.";

test.each([
  { path: 'services/core/new.ts', imports: './sha1.ts', says: [] },
  { path: 'services/core/deep/new.ts', imports: '../sha1.ts', says: [] },
  { path: 'services/core/new.ts', imports: 'node:fs', says: [CORE_PURE] },
  { path: 'services/core/new.ts', imports: 'zod', says: [CORE_PURE] },
  { path: 'services/core/new.ts', imports: '../runtime/errors.ts', says: [CORE_ALONE] },
  { path: 'services/runtime/new.ts', imports: 'pino', says: [] },
  { path: 'services/runtime/new.ts', imports: '../core/sha1.ts', says: [] },
  { path: 'services/runtime/new.ts', imports: '../probe/flow/flow-table.ts', says: [RUNTIME] },
  { path: 'services/probe/flow/new.ts', imports: '../../runtime/errors.ts', says: [] },
  { path: 'services/probe/flow/new.ts', imports: '../../cli/main.ts', says: [SERVICE] },
  { path: 'services/probe/new.ts', imports: '../enrichment/main.ts', says: [SERVICE] },
  { path: 'services/probe/new.ts', imports: '@kubernetes/client-node', says: [PROBE] },
  { path: 'services/probe/new.ts', imports: 'express', says: [PROBE] },
  { path: 'services/probe/new.ts', imports: 'pg', says: [PROBE] },
  { path: 'services/webhook/new.ts', imports: '../probe/flow/flow-table.ts', says: [SERVICE] },
  { path: 'services/cli/new.ts', imports: '../probe/flow/flow-table.ts', says: [] },
])('$path importing $imports: $says', ({ path, imports, says }) => {
  expect(complaints(path, `import { x } from '${imports}';\nexport const y = x;\n`)).toEqual(says);
});
