import { join } from 'node:path';
import {
  argusRecords,
  flowtapEvents,
  jsonAggregates,
  nfpcapdTotal,
  softflowdTotal,
} from './count-records.ts';
import { FLOWTAP, onPath } from './programs.ts';
import type { TrafficShape } from './traffic-plan.ts';

/** One program that reads a capture file, and how to run it so that it gives every flow once. */
export interface CaptureReader {
  readonly name: string;
  /** The Debian package that has it; undefined for our own. */
  readonly debianPackage?: string;
  /** What one record stands for, and what else a reader of the table must know. */
  readonly remark: string;
  command(job: ReaderJob): readonly string[];
  /** Text for configuration files that the command names. */
  configuration?(job: ReaderJob): Readonly<Record<string, string>>;
  /** What it says it has counted, from its outputs; undefined where it gives no records. */
  count?(job: ReaderJob): Promise<Counted>;
}

/** One run of a reader. */
export interface ReaderJob {
  readonly capture: string;
  readonly shape: TrafficShape;
  /** An empty folder for this run's files; `stdout` and `stderr` stand in it unless discarded. */
  readonly folder: string;
  /** A local UDP port where flow exports are received. */
  readonly collectorPort: number;
}

export interface Counted {
  readonly packets: number;
  readonly records: number;
}

/** Longer than any capture here: no flow is reported twice. */
const NEVER_SECONDS = 3600;

function flowtapReplay({ capture }: ReaderJob): readonly string[] {
  return [process.execPath, FLOWTAP, 'replay', '--window', '0', capture];
}

/** The floor first, then flowtap, then its peers. */
export const CAPTURE_READERS: readonly CaptureReader[] = [
  {
    name: 'tcpdump',
    debianPackage: 'tcpdump',
    remark: 'copies the packets and looks at none: the floor',
    command: ({ capture }) => [
      'tcpdump',
      ...(process.getuid?.() === 0 ? ['-Z', 'root'] : []),
      ...['-r', capture, '-w', '/dev/null'],
    ],
  },
  {
    name: 'flowtap',
    remark: 'a record a flow, as ECS NDJSON',
    command: flowtapReplay,
    count: flowtapEvents,
  },
  {
    name: 'flowtap, one core',
    remark: 'the same, all its threads on one core',
    command: (job) => ['taskset', '-c', '0', ...flowtapReplay(job)],
    count: flowtapEvents,
  },
  {
    name: 'softflowd',
    debianPackage: 'softflowd',
    remark: 'a record a flow, as IPFIX over UDP',
    // Without `-c none` it waits for ever on its control socket at the end of a file.
    command: ({ capture, collectorPort }) => [
      ...['softflowd', '-d', '-6', '-a', '-b', '-v', '10', '-m', '4000000', '-t', `maxlife=${NEVER_SECONDS}`],
      ...['-p', 'none', '-c', 'none', '-n', `127.0.0.1:${collectorPort}`, '-r', capture],
    ],
    count: softflowdTotal,
  },
  {
    name: 'nfpcapd',
    debianPackage: 'nfdump',
    remark: 'a record a flow and direction, in its own binary files',
    command: ({ capture, folder }) => [
      ...['nfpcapd', '-e', `${NEVER_SECONDS},${NEVER_SECONDS}`, '-w', folder, '-r', capture],
    ],
    count: nfpcapdTotal,
  },
  {
    name: 'pmacctd',
    debianPackage: 'pmacct',
    remark:
      'a record a flow and direction, as JSON; it pauses while it reads files, so its time is its CPU time',
    command: ({ folder }) => ['pmacctd', '-f', join(folder, 'pmacctd.conf')],
    configuration: (job) => ({ 'pmacctd.conf': pmacctdConfiguration(job) }),
    count: jsonAggregates,
  },
  {
    name: 'argus',
    debianPackage: 'argus-server',
    remark: 'a record a flow, in its own binary file',
    command: ({ capture, folder }) => [
      ...['argus', '-X', '-S', `${NEVER_SECONDS}`, '-w', join(folder, 'argus.out'), '-r', capture],
    ],
    count: argusRecords,
  },
];

/** The cache's buckets, primes: with fewer its chains grow, with more it spends its time on clearing memory. */
const PMACCTD_BUCKETS = [16_411, 100_003, 400_009];

/** Larger buffers end sooner but lose packets of the largest capture. */
function pmacctdConfiguration({ capture, shape, folder }: ReaderJob): string {
  const buckets = PMACCTD_BUCKETS.find((prime) => prime * 2.5 >= shape.flows) ?? PMACCTD_BUCKETS[2];
  return [
    `pcap_savefile: ${capture}`,
    'plugins: print[flows]',
    'aggregate[flows]: src_host, dst_host, src_port, dst_port, proto, tcpflags',
    'pmacctd_stitching: true',
    'timestamps_since_epoch: true',
    'print_output[flows]: json',
    `print_output_file[flows]: ${join(folder, 'pmacctd.json')}`,
    `print_refresh_time[flows]: ${NEVER_SECONDS}`,
    `print_cache_entries[flows]: ${buckets}`,
    'plugin_buffer_size: 102400',
    'plugin_pipe_size: 102400000',
    '',
  ].join('\n');
}

/** Stands in for a job where a command is shown, not run. */
export function exampleJob(flows: number): ReaderJob {
  const shape = { packets: 0, flows, seed: 0 };
  return { capture: 'CAPTURE', shape, folder: 'FOLDER', collectorPort: 4739 };
}

/** Why a reader cannot run here; undefined if it can. */
export function missing({ name, debianPackage, command }: CaptureReader): string | undefined {
  const [program] = command(exampleJob(0));
  if (onPath(program) !== undefined) return undefined;
  return `${name} is not there${debianPackage === undefined ? '' : `: apt-get install ${debianPackage}`}`;
}
