import { execFileSync } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Counted, ReaderJob } from './capture-readers.ts';
import { onPath } from './programs.ts';

/** The ECS events on stdout. */
export async function flowtapEvents({ folder }: ReaderJob): Promise<Counted> {
  return sumLines(join(folder, 'stdout'), (line) => JSON.parse(line).network?.packets);
}

/** pmacctd's JSON file, an aggregate a line. */
export async function jsonAggregates({ folder }: ReaderJob): Promise<Counted> {
  return sumLines(join(folder, 'pmacctd.json'), (line) => JSON.parse(line).packets);
}

/** softflowd's own summary. */
export async function softflowdTotal({ folder }: ReaderJob): Promise<Counted> {
  const summary = readFileSync(join(folder, 'stdout'), 'utf8') + readFileSync(join(folder, 'stderr'), 'utf8');
  return {
    packets: numberAfter(summary, /Packets processed: (\d+)/),
    records: numberAfter(summary, /Flows exported: \d+ \((\d+) records\)/),
  };
}

/** nfpcapd's own summary; it prints one each time it changes its file. */
export async function nfpcapdTotal({ folder }: ReaderJob): Promise<Counted> {
  const log = readFileSync(join(folder, 'stdout'), 'utf8') + readFileSync(join(folder, 'stderr'), 'utf8');
  let packets = 0;
  let records = 0;
  for (const [, flowsOfFile, packetsOfFile] of log.matchAll(/Flows: (\d+), Packets: (\d+)/g)) {
    records += Number(flowsOfFile);
    packets += Number(packetsOfFile);
  }
  return { packets, records };
}

/** What argus' own counter (Debian package argus-client) finds in the file, less its one management record. */
export async function argusRecords({ folder }: ReaderJob): Promise<Counted> {
  if (onPath('racount') === undefined) throw new Error('racount is not there: apt-get install argus-client');
  const table = execFileSync('racount', ['-r', join(folder, 'argus.out')], { encoding: 'utf8' });
  const [, records, packets] = /sum\s+(\d+)\s+(\d+)/.exec(table) ?? [];
  return { packets: Number(packets), records: Number(records) - 1 };
}

async function sumLines(file: string, packetsOf: (line: string) => number): Promise<Counted> {
  let packets = 0;
  let records = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    packets += packetsOf(line);
    records++;
  }
  return { packets, records };
}

function numberAfter(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? Number.NaN);
}
