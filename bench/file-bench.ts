import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaptureReader, Counted, ReaderJob } from './capture-readers.ts';
import { CAPTURE_READERS, missing } from './capture-readers.ts';
import { captureFile } from './generate-capture.ts';
import type { Usage } from './run-measured.ts';
import { cpuSeconds, medianRun, runMeasured } from './run-measured.ts';
import type { TimeShares } from './time-shares.ts';
import { timeShares } from './time-shares.ts';
import type { TrafficShape } from './traffic-plan.ts';

const ROUNDS = 3;

/** A reader's result on one capture. */
export interface FileResult {
  readonly reader: CaptureReader;
  readonly shape: TrafficShape;
  readonly usage: Usage;
  readonly counted: Counted | undefined;
}

export interface FileBench {
  /** Where flowtap's time goes, by capture. */
  readonly shares: ReadonlyMap<TrafficShape, TimeShares>;
  readonly results: readonly FileResult[];
  readonly absent: readonly AbsentReader[];
}

/** A reader that did not run, and why. */
export interface AbsentReader {
  readonly reader: CaptureReader;
  readonly reason: string;
}

/** Every reader that is there over every capture. */
export async function benchFiles(
  cacheFolder: string,
  shapes: readonly TrafficShape[],
  progress: (text: string) => void,
): Promise<FileBench> {
  const collector = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  collector.bind(0, '127.0.0.1');
  await once(collector, 'listening');
  const collectorPort = collector.address().port;
  const folder = join(cacheFolder, 'run');
  const results: FileResult[] = [];
  const absent: AbsentReader[] = [];
  const shares = new Map<TrafficShape, TimeShares>();
  for (const shape of shapes) {
    progress(`capture of ${shape.packets} packets, ${shape.flows} flows`);
    const job: ReaderJob = { capture: captureFile(cacheFolder, shape), shape, folder, collectorPort };
    const counts = await countAll(job, absent);
    const usages = await measureAll([...counts.keys()], job, progress);
    for (const [reader, counted] of counts) {
      results.push({ reader, shape, usage: medianRun(usages.get(reader) ?? []), counted });
    }
  }
  for (const shape of shapes) {
    progress(`where the time goes, ${shape.flows} flows`);
    shares.set(shape, await timeShares(captureFile(cacheFolder, shape), shape.packets));
  }
  collector.close();
  rmSync(folder, { recursive: true, force: true });
  return { results, absent, shares };
}

/** One run each to check what it counts, which also warms the page cache. Those that fail leave for good. */
async function countAll(
  job: ReaderJob,
  absent: AbsentReader[],
): Promise<ReadonlyMap<CaptureReader, Counted | undefined>> {
  const counts = new Map<CaptureReader, Counted | undefined>();
  for (const reader of CAPTURE_READERS) {
    if (absent.some((other) => other.reader === reader)) continue;
    try {
      const reason = missing(reader);
      if (reason !== undefined) throw new Error(reason);
      await runOnce(reader, job, 'keep');
      counts.set(reader, await reader.count?.(job));
    } catch (error) {
      absent.push({ reader, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return counts;
}

/** Rounds in which the readers take turns, so that a disturbance of the machine does not meet one of them only. */
async function measureAll(
  readers: readonly CaptureReader[],
  job: ReaderJob,
  progress: (text: string) => void,
): Promise<ReadonlyMap<CaptureReader, readonly Usage[]>> {
  const usages = new Map<CaptureReader, Usage[]>(readers.map((reader) => [reader, []]));
  for (let round = 1; round <= ROUNDS; round++) {
    for (const reader of readers) {
      const usage = await runOnce(reader, job, 'discard');
      usages.get(reader)?.push(usage);
      const [cpu, wall] = [cpuSeconds(usage).toFixed(2), usage.wallSeconds.toFixed(2)];
      progress(`  round ${round}, ${reader.name}: ${cpu} s CPU, ${wall} s`);
    }
  }
  return usages;
}

async function runOnce(reader: CaptureReader, job: ReaderJob, output: 'keep' | 'discard'): Promise<Usage> {
  rmSync(job.folder, { recursive: true, force: true });
  mkdirSync(job.folder, { recursive: true });
  for (const [name, text] of Object.entries(reader.configuration?.(job) ?? {})) {
    writeFileSync(join(job.folder, name), text);
  }
  const stdout = output === 'keep' ? join(job.folder, 'stdout') : '/dev/null';
  return runMeasured(reader.command(job), stdout, join(job.folder, 'stderr'));
}
