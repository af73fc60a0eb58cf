import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlowtapError } from '../../runtime/errors.ts';
import { streamPattern } from './data-streams.ts';
import type { Role, TemplateSet } from './template-set.ts';

/** Writes the set as files, each to be PUT by hand; gives their paths. Throws a FlowtapError OUTPUT_FAILED. */
export function writeTemplateFolder(set: TemplateSet, folder: string): string[] {
  const parts = [
    ['component-templates', set.components],
    ['index-templates', set.indexTemplates],
    ['roles', set.roles],
  ] as const;
  const paths: string[] = [];
  try {
    for (const [name, contents] of parts) {
      mkdirSync(join(folder, name), { recursive: true });
      for (const [file, content] of contents) {
        const path = join(folder, name, `${file}.json`);
        writeFileSync(path, `${JSON.stringify(content, undefined, 2)}\n`);
        paths.push(path);
      }
    }
  } catch (cause) {
    const message = `The templates could not be written to ${folder}: ${(cause as Error).message}. Check --out.`;
    throw new FlowtapError('OUTPUT_FAILED', 'setup', message, { cause });
  }
  return paths;
}

/** The set with roles for the streams of one namespace; for all, as it is. */
export function withRolesFor(set: TemplateSet, namespace: string | undefined): TemplateSet {
  if (namespace === undefined) return set;
  const names = [...set.indexTemplates.values()].map((template) => streamPattern(template, namespace));
  const roles = [...set.roles].map(([name, role]): [string, Role] => [
    name,
    { ...role, indices: role.indices.map((each) => ({ ...each, names })) },
  ]);
  return { ...set, roles: new Map(roles) };
}
