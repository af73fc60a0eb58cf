import { installDebianPackages, NODE_PACKAGES } from '../preparation/debian-packages.ts';
import { buildMissingPrograms } from '../servers/kubernetes-build/build-missing.ts';

/** Vitest calls this before the first test file, after what all tests need is there. */
export async function setup(): Promise<void> {
  const log = (line: string): void => console.log(line);
  installDebianPackages(log, NODE_PACKAGES);
  await buildMissingPrograms(log);
}
