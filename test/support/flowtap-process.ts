import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { environmentOfOwned } from '../servers/keeper.ts';

/** The command line of flowtap, to be run by `process.execPath`. */
export const FLOWTAP_MAIN = fileURLToPath(new URL('../../services/cli/main.ts', import.meta.url));

export interface FinishedProcess {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface FlowtapRun {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
}

/** Runs flowtap to its end. */
export async function runFlowtap(args: readonly string[], run: FlowtapRun = {}): Promise<FinishedProcess> {
  const child = spawn(process.execPath, [FLOWTAP_MAIN, ...args], {
    env: { ...environmentOfOwned(), ...run.env },
  });
  // A process that has no use for its input closes it early.
  child.stdin.on('error', () => undefined);
  child.stdin.end(run.input);
  return await finished(child);
}

/** Waits for a process whose output goes to pipes, if it has any. */
export async function finished(child: ChildProcess): Promise<FinishedProcess> {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout?.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  const [exitCode, signal] = await once(child, 'close');
  const text = (parts: readonly Buffer[]): string => Buffer.concat(parts).toString();
  return { exitCode, signal, stdout: text(chunks.stdout), stderr: text(chunks.stderr) };
}
