import { runFlowtap } from './flowtap-process.ts';

/**
 * Installs the templates as a user does. The same for all test files, since they share a server: one that asked for
 * something else would have the others' data streams rolled over.
 */
export async function setUpElasticsearch(setupUrl: string): Promise<void> {
  const args = ['setup', 'elasticsearch', '--elasticsearch', setupUrl, '--replicas', '0'];
  const { exitCode, stdout, stderr } = await runFlowtap(args);
  if (exitCode !== 0) throw new Error(`flowtap setup elasticsearch: ${exitCode}\n${stdout}${stderr}`);
}
