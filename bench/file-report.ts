import type { CaptureReader } from './capture-readers.ts';
import { CAPTURE_READERS, exampleJob } from './capture-readers.ts';
import type { FileBench, FileResult } from './file-bench.ts';
import { debianVersion } from './machine.ts';
import { FLOWTAP } from './programs.ts';
import { cpuSeconds } from './run-measured.ts';
import type { Table } from './table.ts';
import { decimal, integer } from './table.ts';
import type { TrafficShape } from './traffic-plan.ts';

/** One table for each capture. */
export function fileTables({
  results,
}: FileBench): readonly { readonly title: string; readonly table: Table }[] {
  const shapes = [...new Set(results.map(({ shape }) => shape))];
  return shapes.map((shape) => ({
    title: `${integer(shape.packets)} packets, ${integer(shape.flows)} flows`,
    table: tableOf(
      shape,
      results.filter((result) => result.shape === shape),
    ),
  }));
}

function tableOf(shape: TrafficShape, results: readonly FileResult[]): Table {
  const floor = results.find(({ reader }) => reader.name === 'tcpdump');
  return {
    head: [
      ...['reader', 'M packets/s', 'CPU s', 'user', 'system', 'CPU ÷ tcpdump', 'wall s', 'wall ÷ tcpdump'],
      ...['records', 'packets missed', 'MiB'],
    ],
    rows: results.map(({ reader, usage, counted }) => [
      reader.name,
      decimal(shape.packets / cpuSeconds(usage) / 1e6, 2),
      decimal(cpuSeconds(usage), 2),
      decimal(usage.userSeconds, 2),
      decimal(usage.systemSeconds, 2),
      floor === undefined ? '–' : decimal(cpuSeconds(usage) / cpuSeconds(floor.usage), 1),
      decimal(usage.wallSeconds, 2),
      floor === undefined ? '–' : decimal(usage.wallSeconds / floor.usage.wallSeconds, 1),
      counted === undefined ? '–' : integer(counted.records),
      counted === undefined ? '–' : integer(shape.packets - counted.packets),
      integer(usage.residentMebibytes),
    ]),
  };
}

/** The multiples of tcpdump's time that flowtap aims at, by flows in 5 million packets. */
const AIMS: ReadonlyMap<number, number> = new Map([
  [1_000, 1.4],
  [100_000, 2.5],
  [1_000_000, 8],
]);

/** How near flowtap came to its aim on each capture, and where its time goes on one thread. */
export function sharesTable({ results, shares }: FileBench): Table {
  const wallOf = (name: string, shape: TrafficShape): number | undefined =>
    results.find((result) => result.shape === shape && result.reader.name === name)?.usage.wallSeconds;
  return {
    head: ['flows', 'aim', 'reached', 'reading ns', 'decoding ns', 'metering ns', 'writing records ns'],
    rows: [...shares].map(([shape, { reading, decoding, metering, writing }]) => {
      const [floor, own] = [wallOf('tcpdump', shape), wallOf('flowtap', shape)];
      return [
        integer(shape.flows),
        decimal(AIMS.get(shape.flows) ?? Number.NaN, 1),
        floor === undefined || own === undefined ? '–' : decimal(own / floor, 1),
        ...[reading, decoding, metering, writing].map(integer),
      ];
    }),
  };
}

/** What each reader was run as, with placeholders, and what it gives. */
export function readerNotes(): readonly string[] {
  const job = exampleJob(0);
  return CAPTURE_READERS.map((reader) => {
    const command = reader
      .command(job)
      .join(' ')
      .replace(process.execPath, 'node')
      .replace(FLOWTAP, 'dist/flowtap.js');
    return `**${reader.name}**${versionOf(reader)}: ${reader.remark}. \`${command}\``;
  });
}

/** Configuration files of readers, by name, for a capture of that many flows. */
export function readerConfigurations(flows: number): ReadonlyMap<string, string> {
  const job = exampleJob(flows);
  return new Map(CAPTURE_READERS.flatMap((reader) => Object.entries(reader.configuration?.(job) ?? {})));
}

function versionOf({ debianPackage }: CaptureReader): string {
  if (debianPackage === undefined) return '';
  return ` (Debian ${debianPackage} ${debianVersion(debianPackage) ?? 'not installed'})`;
}
