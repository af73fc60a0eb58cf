import { buildMissingPrograms } from '../servers/kubernetes-build/build-missing.ts';

/** Vitest calls this before the first test file, after what all tests need is there. */
export async function setup(): Promise<void> {
  await buildMissingPrograms((line) => console.log(line));
}
