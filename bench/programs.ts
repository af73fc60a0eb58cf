import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** The bundled CLI, as `npm run build` makes it. */
export const FLOWTAP = join(import.meta.dirname, '..', 'dist', 'flowtap.js');

/** Where the machine has that program (a name or a path); undefined if it has not. Also looks where only root's PATH does. */
export function onPath(program: string): string | undefined {
  if (isAbsolute(program)) return existsSync(program) ? program : undefined;
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}
