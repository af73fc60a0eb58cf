import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** What a command and all its descendants used. */
export interface Usage {
  readonly exitCode: number;
  readonly wallSeconds: number;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** The largest process's resident set at its peak. */
  readonly residentMebibytes: number;
}

export function cpuSeconds(usage: Usage): number {
  return usage.userSeconds + usage.systemSeconds;
}

/** Runs a command through measure-command.ts; throws with the end of its stderr if it fails. */
export async function runMeasured(
  command: readonly string[],
  stdout: string,
  stderr: string,
): Promise<Usage> {
  const meter = new URL('measure-command.ts', import.meta.url).pathname;
  const printed = await promisify(execFile)(process.execPath, [meter, stdout, stderr, ...command]);
  const usage: Usage = JSON.parse(printed.stdout);
  if (usage.exitCode === 0) return usage;
  const said = readFileSync(stderr, 'utf8').trim().slice(-400);
  throw new Error(`${command[0]} ended with ${usage.exitCode}: ${said}`);
}

/** The run whose CPU time is the median of all. */
export function medianRun(runs: readonly Usage[]): Usage {
  return runs.toSorted((a, b) => cpuSeconds(a) - cpuSeconds(b))[runs.length >> 1];
}
