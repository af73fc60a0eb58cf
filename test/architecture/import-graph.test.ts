import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SourceFile } from './source-files.ts';
import { importedFrom, ROOT, serviceFiles } from './source-files.ts';

const SERVICES = [
  'core',
  'runtime',
  'probe',
  'resolver',
  'kubeagent',
  'enrichment',
  'webhook',
  'console',
  'cli',
];

/** Which folders of services/ a folder may import beside itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  runtime: ['core'],
  cli: SERVICES,
};
const ANY_SERVICE = ['core', 'runtime'];

/** What the closure of services/probe never holds: it lives in every pod. */
const NEVER_IN_PROBE = ['@kubernetes/client-node', 'express', 'pg'];

const files = new Map(serviceFiles().map((file) => [file.path, file]));

function serviceOf(path: string): string {
  return path.split('/')[1];
}

function targets(file: SourceFile): string[] {
  return importedFrom(file.text).map((specifier) =>
    specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : specifier,
  );
}

function isAllowed(from: string, target: string): boolean {
  const service = serviceOf(from);
  if (!target.startsWith('services/')) return service !== 'core';
  const allowed = MAY_IMPORT[service] ?? ANY_SERVICE;
  return serviceOf(target) === service || allowed.includes(serviceOf(target));
}

test('every folder of services/ is known to these rules', () => {
  const folders = new Set([...files.keys()].map(serviceOf));
  expect([...folders].filter((folder) => !SERVICES.includes(folder))).toEqual([]);
});

test('imports point one way: core, runtime, services, cli', () => {
  const wrong = [...files.values()].flatMap((file) =>
    targets(file)
      .filter((target) => !isAllowed(file.path, target))
      .map((target) => `${file.path} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('every relative import names a file of services/', () => {
  const lost = [...files.values()].flatMap((file) =>
    targets(file)
      .filter((target) => target.startsWith('services/') && !existsSync(join(ROOT, target)))
      .map((target) => `${file.path} imports ${target}`),
  );
  expect(lost).toEqual([]);
});

test("the probe's closure holds no cluster client and no server", () => {
  const pending = [...files.keys()].filter((path) => serviceOf(path) === 'probe');
  const closure = new Set(pending);
  for (const path of pending) {
    const file = files.get(path);
    for (const target of file ? targets(file) : []) {
      if (!closure.has(target)) pending.push(target);
      closure.add(target);
    }
  }
  const packages = [...closure].filter((target) => !target.startsWith('services/'));
  expect(packages.filter((name) => NEVER_IN_PROBE.includes(name))).toEqual([]);
});

describe('the rules themselves', () => {
  test.each([
    ['services/core/a.ts', 'services/core/b.ts', true],
    ['services/core/a.ts', 'node:fs', false],
    ['services/core/a.ts', 'services/runtime/errors.ts', false],
    ['services/runtime/a.ts', 'pino', true],
    ['services/runtime/a.ts', 'services/probe/a.ts', false],
    ['services/probe/flow/a.ts', 'services/runtime/errors.ts', true],
    ['services/probe/a.ts', 'services/enrichment/a.ts', false],
    ['services/probe/a.ts', 'services/cli/a.ts', false],
    ['services/console/a.ts', 'services/enrichment/a.ts', false],
    ['services/cli/a.ts', 'services/probe/a.ts', true],
  ])('%s may import %s: %s', (from, target, allowed) => {
    expect(isAllowed(from, target)).toBe(allowed);
  });

  test.each([
    ["import { a } from './a.ts';", ['./a.ts']],
    ["import type { A } from '../a.ts';", ['../a.ts']],
    ["import 'node:fs';", ['node:fs']],
    ["export { a } from './a.ts';", ['./a.ts']],
    ["const a = await import('./a.ts');", ['./a.ts']],
    ["import {\n  a,\n  b,\n} from './a.ts';", ['./a.ts']],
    ["// import { a } from './a.ts';\n/* import './b.ts' */", []],
  ])('%j imports %j', (text, specifiers) => {
    expect(importedFrom(text)).toEqual(specifiers);
  });
});
