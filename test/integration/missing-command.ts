import { spawnSync } from 'node:child_process';

/** Says which of the commands is not on this machine; undefined where all are. */
export function missingCommand(...names: readonly string[]): string | undefined {
  const missing = names.filter((name) => spawnSync(name, ['--version']).error !== undefined);
  return missing.length === 0 ? undefined : `missing on this machine: ${missing.join(', ')}`;
}
