import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { NOBODY_ID } from './server-process.ts';

/**
 * Makes the data folder of a new PostgreSQL in `folder`, owned by whom it runs as. The first is kept as a template: to
 * copy it takes a tenth of the time.
 */
export function makePostgresData(initdb: string, folder: string): string {
  const isRoot = process.geteuid?.() === 0;
  const data = join(folder, 'data');
  if (isRoot) chownSync(folder, NOBODY_ID, NOBODY_ID);
  const version = /\d+(\.\d+)*/.exec(execFileSync(initdb, ['--version'], { encoding: 'utf8' }))?.[0];
  const template = cacheFolder(`postgres-${version}-template`);
  if (copyTemplate(template, data)) return data;
  const identity = isRoot ? { uid: NOBODY_ID, gid: NOBODY_ID } : {};
  const args = ['-D', data, '-U', 'flowtap', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--locale=C'];
  execFileSync(initdb, args, { stdio: 'pipe', cwd: '/', ...identity });
  keepTemplate(data, template);
  return data;
}

function copyTemplate(template: string, data: string): boolean {
  if (!existsSync(template)) return false;
  try {
    copy(template, data);
    return true;
  } catch {
    // Another user's.
    rmSync(data, { recursive: true, force: true });
    return false;
  }
}

/** Other processes may do the same at this moment: the first wins. */
function keepTemplate(data: string, template: string): void {
  const beside = `${template}.${process.pid}`;
  try {
    mkdirSync(dirname(template), { recursive: true, mode: 0o755 });
    copy(data, beside);
    renameSync(beside, template);
  } catch {
    // Without a template it only takes longer.
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

/** With owners and permissions, about which PostgreSQL is strict. */
function copy(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to], { stdio: 'pipe' });
}
