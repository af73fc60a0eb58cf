import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { environmentOfOwned } from '../servers/keeper.ts';
import type { FinishedProcess } from './flowtap-process.ts';
import { FLOWTAP_MAIN, finished } from './flowtap-process.ts';

/** A flowtap that runs until it is told to end. */
export interface FollowingFlowtap {
  readonly child: ChildProcess;
  /** What it has written so far. */
  output(): string;
  complaints(): string;
  /** Ends it as Ctrl-C does. */
  interrupt(): Promise<FinishedProcess>;
}

export function startFlowtap(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): FollowingFlowtap {
  const child = spawn(process.execPath, [FLOWTAP_MAIN, ...args], {
    env: { ...environmentOfOwned(), ...env },
  });
  const end = finished(child);
  let output = '';
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  return {
    child,
    output: () => output,
    complaints: () => complaints,
    interrupt() {
      child.kill('SIGINT');
      return end;
    },
  };
}
