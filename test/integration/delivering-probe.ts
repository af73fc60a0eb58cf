import type { ChildProcess } from 'node:child_process';
import { finished } from '../support/flowtap-process.ts';
import type { Namespace } from './namespaces.ts';
import { spawnProbe } from './running-probe.ts';

export interface DeliveredResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** Messages of the log, in their order. */
  readonly messages: readonly string[];
  /** The counters at the end; empty for a probe that was killed. */
  readonly counters: Readonly<Record<string, number>>;
}

export interface DeliveringProbe {
  readonly child: ChildProcess;
  /** What it has written on stderr so far. */
  readonly log: () => string;
  stop(signal?: NodeJS.Signals): Promise<DeliveredResult>;
}

/** Starts `flowtap probe` on eth0 with a receiver; resolves when it captures. */
export async function startDeliveringProbe(
  namespace: Namespace,
  url: string,
  args: readonly string[] = [],
): Promise<DeliveringProbe> {
  const settings = [
    '--interface',
    'eth0',
    '--window',
    '1s',
    '--batch-delay',
    '50ms',
    '--max-retry-delay',
    '200ms',
  ];
  const child = spawnProbe(namespace, [...settings, '--output', url, ...args]);
  const end = finished(child);
  let written = '';
  const capturing = new Promise<void>((resolve) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      written += chunk.toString();
      if (written.includes('"message":"capturing"')) resolve();
    });
  });
  await Promise.race([
    capturing,
    end.then(({ stderr }) => Promise.reject(new Error(`the probe ended by itself: ${stderr}`))),
  ]);
  return {
    child,
    log: () => written,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const { exitCode, signal: killedBy, stderr } = await end;
      const records = stderr
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
      const last = records.at(-1)?.['flowtap.counters'] ?? {};
      return {
        exitCode,
        signal: killedBy,
        stderr,
        messages: records.map(({ message }) => String(message)),
        counters: last as Readonly<Record<string, number>>,
      };
    },
  };
}
