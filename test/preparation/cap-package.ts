import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Has the optional package `cap` built for this Node.js, unless it loads. */
export function buildCapPackage(log: (line: string) => void): void {
  try {
    createRequire(import.meta.url)('cap');
  } catch {
    const { stdout } = spawnSync(process.execPath, [join(ROOT, 'scripts/build-cap.mjs')], {
      encoding: 'utf8',
    });
    log(stdout.trim());
  }
}
