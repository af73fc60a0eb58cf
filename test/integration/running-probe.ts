import type { ChildProcess } from 'node:child_process';

import { vi } from 'vitest';

import type { FlowEvent } from '../support/flow-event.ts';
import { readEvents } from '../support/flow-event.ts';
import type { FinishedProcess } from '../support/flowtap-process.ts';
import { FLOWTAP_MAIN, finished } from '../support/flowtap-process.ts';
import type { SummaryValues } from '../support/summary-text.ts';
import { parseSummary } from '../support/summary-text.ts';
import type { Namespace } from './namespaces.ts';

/** Longer than any window and timeout of the tests. */
const AWAIT_MS = 10_000;

export interface ProbeResult extends FinishedProcess {
  readonly summary: SummaryValues;
  /** Of the output file. */
  readonly events: readonly FlowEvent[];
  /** From the signal to the end. */
  readonly closingMs: number;
}

export interface RunningProbe {
  readonly child: ChildProcess;
  /** Waits until the output file's events are as expected. */
  eventsToBe(expectation: (events: readonly FlowEvent[]) => void): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<ProbeResult>;
  /** Waits for its end. */
  ended(): Promise<FinishedProcess>;
}

export interface ProbeSurroundings {
  /** A command that runs the probe, such as setpriv with its options. */
  readonly prefix?: readonly string[];
  /** A descriptor to be its standard output. */
  readonly stdout?: number;
}

/** Starts `flowtap probe` in a namespace without waiting for anything. */
export function spawnProbe(
  namespace: Namespace,
  args: readonly string[],
  { prefix = [], stdout }: ProbeSurroundings = {},
): ChildProcess {
  const [command, ...rest] = [...prefix, process.execPath, FLOWTAP_MAIN, 'probe', ...args];
  return namespace.spawn(command, rest, { stdio: ['ignore', stdout ?? 'pipe', 'pipe'] });
}

/** Starts `flowtap probe` in a namespace; resolves when it captures. `output` is a file for its records. */
export async function startProbe(
  namespace: Namespace,
  output: string | undefined,
  args: readonly string[] = [],
  surroundings: ProbeSurroundings = {},
): Promise<RunningProbe> {
  const outputArgs = output === undefined ? [] : ['--output', output];
  const allArgs = ['--interface', 'eth0', '--window', '1s', ...outputArgs, ...args];
  const child = spawnProbe(namespace, allArgs, surroundings);
  const end = finished(child);
  await Promise.race([
    writes(child, 'Capturing on'),
    end.then(({ stderr }) => {
      throw new Error(`the probe ended by itself: ${stderr}`);
    }),
  ]);
  const events = (): readonly FlowEvent[] => (output === undefined ? [] : readEvents(output));
  return {
    child,
    ended: () => end,
    eventsToBe: (expectation) => vi.waitFor(() => expectation(events()), { interval: 50, timeout: AWAIT_MS }),
    stop: async (signal = 'SIGTERM') => {
      const startMs = performance.now();
      child.kill(signal);
      const result = await end;
      const closingMs = performance.now() - startMs;
      return { ...result, summary: parseSummary(result.stderr), events: events(), closingMs };
    },
  };
}

/** Resolves when the process has written `text` to its standard error. */
function writes(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve) => {
    let written = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      written += chunk.toString();
      if (written.includes(text)) resolve();
    });
  });
}
