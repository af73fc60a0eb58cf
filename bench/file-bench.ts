import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaptureReader, Counted, ReaderJob } from './capture-readers.ts';
import { CAPTURE_READERS, missing } from './capture-readers.ts';
import { captureFile } from './generate-capture.ts';
import type { Usage } from './run-measured.ts';
import { cpuSeconds, medianRun, runMeasured } from './run-measured.ts';
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
  readonly results: readonly FileResult[];
  /** Readers that did not run, and why. */
  readonly absent: readonly { readonly reader: CaptureReader; readonly reason: string }[];
}

/**
 * Every reader over every capture: once to check what it counts (and to warm the page cache), then
 * three rounds in turn, so that a disturbance of the machine does not meet one reader only.
 */
export async function benchFiles(
  cacheFolder: string,
  shapes: readonly TrafficShape[],
  progress: (text: string) => void,
): Promise<FileBench> {
  const absent = CAPTURE_READERS.flatMap((reader) => {
    const reason = missing(reader);
    return reason === undefined ? [] : [{ reader, reason }];
  });
  const readers = CAPTURE_READERS.filter((reader) => missing(reader) === undefined);
  const collector = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  collector.bind(0, '127.0.0.1');
  await once(collector, 'listening');
  const results: FileResult[] = [];
  for (const shape of shapes) {
    progress(`capture of ${shape.packets} packets, ${shape.flows} flows`);
    const capture = captureFile(cacheFolder, shape);
    readFileSync(capture);
    const folder = join(cacheFolder, 'run');
    const job: ReaderJob = { capture, shape, folder, collectorPort: collector.address().port };
    const counts = new Map<CaptureReader, Counted | undefined>();
    const usages = new Map<CaptureReader, Usage[]>(readers.map((reader) => [reader, []]));
    for (const reader of readers) {
      await runOnce(reader, job, 'keep');
      counts.set(reader, await reader.count?.(job));
    }
    for (let round = 1; round <= ROUNDS; round++) {
      for (const reader of readers) {
        const usage = await runOnce(reader, job, 'discard');
        usages.get(reader)?.push(usage);
        progress(
          `  round ${round}, ${reader.name}: ${cpuSeconds(usage).toFixed(2)} s CPU, ${usage.wallSeconds.toFixed(2)} s`,
        );
      }
    }
    for (const reader of readers) {
      results.push({
        reader,
        shape,
        usage: medianRun(usages.get(reader) ?? []),
        counted: counts.get(reader),
      });
    }
    rmSync(folder, { recursive: true, force: true });
  }
  collector.close();
  return { results, absent };
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
