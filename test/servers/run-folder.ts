import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whenThisProcessEnds } from './keeper.ts';
import { isOpenToAll } from './open-to-all.ts';

const PREFIX = 'flowtap-test-';

/** The system's folder for temporary files, unless it is root's alone. */
const PARENT = isOpenToAll(tmpdir()) || process.geteuid?.() !== 0 ? tmpdir() : '/tmp';

/** Twice: a server that is being killed may still write. */
const REMOVE = `rm -rf '${join(PARENT, PREFIX)}${process.pid}'-*`;
const REMOVE_OWN = `${REMOVE}; sleep 0.3; ${REMOVE}`;

let isKept = false;

/**
 * A folder for a server's data, which others may enter. It goes with this process; folders of processes that are no
 * more are taken away.
 */
export function makeRunFolder(label: string): string {
  removeLeftovers();
  if (!isKept) whenThisProcessEnds(REMOVE_OWN);
  isKept = true;
  const folder = mkdtempSync(join(PARENT, `${PREFIX}${process.pid}-${label}-`));
  chmodSync(folder, 0o755);
  return folder;
}

function removeLeftovers(): void {
  for (const name of readdirSync(PARENT)) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    try {
      rmSync(join(PARENT, name), { recursive: true, force: true });
    } catch {
      // Another test, or its keeper, takes it away at the same time.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
