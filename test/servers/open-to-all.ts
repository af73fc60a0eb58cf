import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const OTHERS_MAY_ENTER = 0o001;

/** May every user enter this folder, and those above it? Servers that refuse to run as root need that. */
export function isOpenToAll(folder: string): boolean {
  const path = resolve(folder);
  if ((statSync(path).mode & OTHERS_MAY_ENTER) === 0) return false;
  return path === dirname(path) || isOpenToAll(dirname(path));
}
