import { createRequire } from 'node:module';
import { join } from 'node:path';
import { FLOWTAP, onPath } from './programs.ts';

/** One program that captures on an interface until SIGINT. */
export interface LiveCapture {
  readonly name: string;
  readonly remark: string;
  /** Why it cannot run here; undefined if it can. */
  missing(): string | undefined;
  command(interfaceName: string, folder: string): readonly string[];
  /** What it says at its end. */
  seen(stdout: string, stderr: string): Seen;
}

export interface Seen {
  readonly packets: number;
  /** Undefined where it cannot tell. */
  readonly drops: number | undefined;
}

/** The kernel's buffer for each: 8 MiB, flowtap's default. */
const BUFFER_KIBIBYTES = 8192;

export const LIVE_CAPTURES: readonly LiveCapture[] = [
  {
    name: 'flowtap probe',
    remark: 'flows every 10 s, ECS NDJSON into a file',
    missing: () => undefined,
    command: (interfaceName, folder) => [
      ...[process.execPath, FLOWTAP, 'probe', '--interface', interfaceName],
      ...['--output', join(folder, 'records.ndjson')],
    ],
    seen: (_, stderr) => ({
      packets: numberAfter(stderr, /^frames captured\s+([\d,]+)$/m),
      drops: numberAfter(stderr, /^packets dropped by the kernel\s+([\d,]+)$/m),
    }),
  },
  {
    name: 'tcpdump',
    remark: '-s 96 -w /dev/null: copies the packets and looks at none',
    missing: () => (onPath('tcpdump') !== undefined ? undefined : 'not installed: apt-get install tcpdump'),
    command: (interfaceName) => [
      ...['tcpdump', '-Z', 'root', '-n', '-p', '-i', interfaceName],
      ...['-B', `${BUFFER_KIBIBYTES}`, '-s', '96', '-w', '/dev/null'],
    ],
    seen: (_, stderr) => ({
      packets: numberAfter(stderr, /(\d+) packets captured/),
      drops: numberAfter(stderr, /(\d+) packets dropped by kernel/),
    }),
  },
  {
    name: 'cap',
    remark: 'the npm package, a callback that only counts; it does not tell drops',
    missing: () =>
      canLoadCap() ? undefined : 'the optional package cap is not built: node scripts/build-cap.mjs',
    command: (interfaceName) => [
      process.execPath,
      join(import.meta.dirname, 'cap-consumer.ts'),
      interfaceName,
    ],
    seen: (stdout) => ({ packets: JSON.parse(stdout).packets, drops: undefined }),
  },
];

function canLoadCap(): boolean {
  try {
    createRequire(import.meta.url)('cap');
    return true;
  } catch {
    return false;
  }
}

function numberAfter(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1].replaceAll(',', '') ?? Number.NaN);
}
