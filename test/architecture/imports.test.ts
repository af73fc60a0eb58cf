import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRunFolder } from '../servers/run-folder.ts';
import { ROOT } from './source-files.ts';

const CORE_PURE = 'services/core is pure: no packages and no node: built-ins.';
const CORE_ALONE = 'services/core imports nothing outside services/core.';
const RUNTIME = 'services/runtime imports services/core only.';
const SERVICE = 'A service imports core, runtime and itself.';
const PROBE = "The probe's closure never holds the Kubernetes client, express or pg.";

/** What the linter says of a file in `folder` with one import. */
const CASES = [
  { folder: 'services/core', imports: './sha1.ts', says: [] },
  { folder: 'services/core/deep', imports: '../sha1.ts', says: [] },
  { folder: 'services/core', imports: 'node:fs', says: [CORE_PURE] },
  { folder: 'services/core', imports: 'zod', says: [CORE_PURE] },
  { folder: 'services/core', imports: '../runtime/errors.ts', says: [CORE_ALONE] },
  { folder: 'services/runtime', imports: 'pino', says: [] },
  { folder: 'services/runtime', imports: '../core/sha1.ts', says: [] },
  { folder: 'services/runtime', imports: '../probe/flow/flow-table.ts', says: [RUNTIME] },
  { folder: 'services/probe/flow', imports: '../../runtime/errors.ts', says: [] },
  { folder: 'services/probe/flow', imports: '../../cli/main.ts', says: [SERVICE] },
  { folder: 'services/probe', imports: '../enrichment/main.ts', says: [SERVICE] },
  { folder: 'services/probe', imports: '@kubernetes/client-node', says: [PROBE] },
  { folder: 'services/probe', imports: 'express', says: [PROBE] },
  { folder: 'services/probe', imports: 'pg', says: [PROBE] },
  { folder: 'services/resolver', imports: '../kubeagent/main.ts', says: [SERVICE] },
  { folder: 'services/kubeagent', imports: '../resolver/main.ts', says: [SERVICE] },
  { folder: 'services/enrichment', imports: '../webhook/main.ts', says: [SERVICE] },
  { folder: 'services/webhook', imports: '../probe/flow/flow-table.ts', says: [SERVICE] },
  { folder: 'services/webhook', imports: 'express', says: [] },
  { folder: 'services/console', imports: '../enrichment/start-enrichment.ts', says: [SERVICE] },
  { folder: 'services/console/page', imports: '../flow-source.ts', says: [] },
  { folder: 'services/cli', imports: '../probe/flow/flow-table.ts', says: [] },
];

const pathOf = (index: number): string => `${CASES[index].folder}/case-${index}.ts`;
const project = makeRunFolder('lint');
const complaints = new Map<string, string[]>();

interface LintReport {
  readonly diagnostics: readonly { readonly message: string; readonly location: { readonly path: string } }[];
}

beforeAll(() => {
  copyFileSync(join(ROOT, 'biome.json'), join(project, 'biome.json'));
  for (const [index, { imports }] of CASES.entries()) {
    const path = join(project, pathOf(index));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `import { x } from '${imports}';\n\nexport const y = x;\n`);
  }
  const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
  const args = ['lint', '--only=style/noRestrictedImports', '--reporter=json', '--max-diagnostics=none'];
  const { stdout } = spawnSync(process.execPath, [biome, ...args], { cwd: project, encoding: 'utf8' });
  for (const { message, location } of (JSON.parse(stdout) as LintReport).diagnostics) {
    complaints.set(location.path, [...(complaints.get(location.path) ?? []), message]);
  }
});

afterAll(() => rmSync(project, { recursive: true }));

test.each(CASES.map((row, index) => ({ ...row, path: pathOf(index) })))(
  'in $folder, $imports: $says',
  ({ path, says }) => {
    expect(complaints.get(path) ?? []).toEqual(says);
  },
);
