import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Folders that the search path of a test need not have. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/go/bin'];

/** The path of an installed program: on the search path, or where one of the patterns leads, the last by name. */
export function installedProgram(name: string, patterns: readonly string[] = []): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS].filter(Boolean);
  const found = patterns.flatMap((pattern) => globSync(pattern).sort().reverse());
  return [...folders.map((folder) => join(folder, name)), ...found].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
