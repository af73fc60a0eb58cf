import type { TestProject } from 'vitest/node';
import { whenThisProcessEnds } from '../servers/keeper.ts';
import { SHARED_SERVERS_VARIABLE, SharedServers } from '../servers/shared-servers.ts';
import { prepareTests } from './prepare-tests.ts';

/** Vitest keeps to itself that a run is one of some files; without it, all that could be wanted is prepared. */
interface FilteredRun {
  readonly filenamePattern?: readonly string[];
}

const servers = new SharedServers();

/** Vitest calls this in its main process before the first test file. */
export async function setup({ vitest }: TestProject): Promise<void> {
  // The processes of the test files, and what they start, do not outlive this one.
  whenThisProcessEnds('true');
  const { filenamePattern } = vitest as FilteredRun;
  await prepareTests({ everything: filenamePattern === undefined });
  process.env[SHARED_SERVERS_VARIABLE] = await servers.listen();
}

/** And this after the last. */
export async function teardown(): Promise<void> {
  await servers.close();
}
