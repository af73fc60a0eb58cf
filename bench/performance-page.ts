import type { FileBench } from './file-bench.ts';
import { fileTables, readerConfigurations, readerNotes, sharesTable } from './file-report.ts';
import type { LiveResult } from './live-bench.ts';
import { LIVE_CAPTURES } from './live-captures.ts';
import { liveTable, memoryPerFlow } from './live-report.ts';
import { machineFacts } from './machine.ts';
import { markdownTable } from './table.ts';

/** What a whole run measured; the live part is a reason where it could not run. */
export interface BenchOutcome {
  readonly files: FileBench;
  readonly live: readonly LiveResult[] | string;
}

/** docs/performance.md. */
export function performancePage({ files, live }: BenchOutcome): string {
  return [
    '# Performance',
    '',
    'Written by `npm run bench -- --write`. `--files` and `--live` measure one part, `--quick` takes a tenth of the packets.',
    'The numbers are those of one machine; the ratios are what to look at.',
    '',
    ...machineFacts().map((fact) => `- ${fact}`),
    '',
    ...filePart(files),
    ...livePart(live),
  ].join('\n');
}

function filePart(files: FileBench): readonly string[] {
  return [
    '## Capture files',
    '',
    'Each reader reads the same capture from the page cache and gives every flow once. The captures are generated:',
    '80 % of the flows TCP with handshake, data both ways and close, 20 % UDP, 10 % of all over IPv6; heavy-tailed sizes;',
    'frames of up to 1,514 bytes cut at 96; one minute. The flows are mixed at random, packet by packet, which is the worst',
    'case for a flow table: with many flows next to no packet finds its flow in the caches.',
    '',
    'CPU is the user and system time of the reader and all its processes; M packets/s is packets by CPU time; MiB is the',
    'largest process. Every reader runs once to check what it counts, then three times in turn with the others; the',
    "run with the median CPU time is shown, with standard output discarded. flowtap's time includes the start of Node.js and",
    'its compiling.',
    '',
    ...fileTables(files).flatMap(({ title, table }) => [`### ${title}`, '', markdownTable(table)]),
    '### How near to the floor, and where the time goes',
    '',
    'The aim and what was reached are multiples of the wall time of tcpdump, which only copies. The nanoseconds are for each',
    'packet, on one thread, once the code is compiled: reading the file and stepping over its records, decoding, the flow',
    'table, and writing all records as JSON, spread over the packets. Metering grows with the flows because it waits for',
    'memory; start and compiling take about a tenth of a second more.',
    '',
    markdownTable(sharesTable(files)),
    ...files.absent.map(({ reader, reason }) => `${reader.name} was not measured: ${reason}.\n`),
    'The readers, at the settings that were best for them and complete:',
    '',
    ...readerNotes().map((note) => `- ${note}`),
    '',
    ...[...readerConfigurations(1_000_000)].flatMap(([name, text]) => [
      `\`${name}\`, for 1,000,000 flows:`,
      '',
      '```',
      text.trimEnd(),
      '```',
      '',
    ]),
  ];
}

function livePart(live: readonly LiveResult[] | string): readonly string[] {
  const head = ['## Live capture', ''];
  if (typeof live === 'string') return [...head, `Not measured: ${live}`, ''];
  const absent = LIVE_CAPTURES.flatMap((capture) => {
    const reason = capture.missing();
    return reason === undefined ? [] : [`${capture.name} was not measured: ${reason}.`, ''];
  });
  const memory = memoryPerFlow(live);
  return [
    ...head,
    'A sender puts the same conversations, which never close, on a pair of veth interfaces between two network',
    'namespaces: evenly at a rate, or as fast as it can beside the capture. The CPU time is that of the capturing',
    'process for each packet that it captured, after a warm-up; what the kernel does to put a packet into the ring is the',
    "sender's. Packets lost are those of the warm-up too. Memory is the median of the anonymous part of the proportional set",
    'size (Pss_Anon) while the flows are live.',
    '',
    markdownTable(liveTable(live)),
    ...(memory === undefined ? [] : [memory, '']),
    ...absent,
    ...LIVE_CAPTURES.map(({ name, remark }) => `- **${name}**: ${remark}.`),
    '',
  ];
}
