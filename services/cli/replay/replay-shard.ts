import { hostname } from 'node:os';
import { EcsEventWriter } from '../../core/ecs-event.ts';
import type { FlowRecord } from '../../core/flow-record.ts';
import { openCapture } from '../../probe/capture/capture-input.ts';
import type { CaptureDamage, FrameReader } from '../../probe/capture/frame-reader.ts';
import type { NamedReader } from '../../probe/capture/merged-reader.ts';
import { damagesOf, mergeReaders } from '../../probe/capture/merged-reader.ts';
import type { FlowMeterOptions, FlowMeterStatistics } from '../../probe/flow/flow-meter.ts';
import { FlowMeter } from '../../probe/flow/flow-meter.ts';
import type { Window } from '../../probe/flow/window.ts';
import { DescriptorOutput } from '../../probe/transport/descriptor-output.ts';
import { NdjsonOutput } from '../../probe/transport/ndjson-output.ts';
import { inlineGenerously } from '../../runtime/inlining.ts';
import { meterFrames } from './meter-frames.ts';
import { addStatistics } from './statistics.ts';

/** One thread's part of a replay, in a form that can be sent to it. */
export interface ReplayJob {
  readonly paths: readonly string[];
  /** Every file on its own, with fresh state. */
  readonly each: boolean;
  readonly meter: FlowMeterOptions;
  readonly agentVersion: string;
  /** Where NDJSON goes. */
  readonly descriptor: number;
  /** Shared by the threads of a replay: whose turn it is to write, and how many bytes have been read. */
  readonly turn: Int32Array;
  readonly progress: BigInt64Array;
}

export interface ReplayIo {
  readonly standardInput: NodeJS.ReadStream | undefined;
  readonly signal: AbortSignal;
  /** Takes the records in place of NDJSON output. */
  readonly takeRecord?: (record: FlowRecord, window: Window | undefined, file: string | undefined) => void;
}

export interface ReplayOutcome {
  readonly statistics: FlowMeterStatistics | undefined;
  readonly damages: readonly { readonly path: string; readonly damage: CaptureDamage }[];
}

/** Reads the job's captures, meters this shard's flows and writes their records. */
export async function replayShard(job: ReplayJob, io: ReplayIo): Promise<ReplayOutcome> {
  inlineGenerously();
  const output = new DescriptorOutput(job.descriptor, job.turn);
  const events = new EcsEventWriter({
    hostName: hostname(),
    agentVersion: job.agentVersion,
    dataStreamNamespace: 'default',
    segmentOffload: 'none',
  });
  const ndjson = new NdjsonOutput(events, output);
  const damages: ReplayOutcome['damages'][number][] = [];
  let statistics: FlowMeterStatistics | undefined;
  let readBefore = 0;
  const groups = job.each ? job.paths.map((path) => [path]) : [job.paths];
  for (const paths of groups) {
    const file = job.each ? paths[0] : undefined;
    events.setFile(file);
    const take = io.takeRecord;
    const sink =
      take === undefined
        ? ndjson
        : { record: (record: FlowRecord, window: Window | undefined) => take(record, window, file) };
    const meter = new FlowMeter(job.meter, sink);
    const inputs = await openAll(paths, io);
    const reader = mergeReaders(inputs);
    const isWanted = (): boolean => !io.signal.aborted && !output.isClosed;
    await meterAll(reader, meter, isWanted, () => {
      if (job.meter.shard.index === 0) Atomics.store(job.progress, 0, BigInt(readBefore + reader.bytesRead));
    });
    meter.finish();
    damages.push(...damagesOf(inputs));
    readBefore += reader.bytesRead;
    await reader.close();
    statistics = addStatistics(statistics, meter.statistics());
    if (!isWanted()) break;
  }
  ndjson.flush();
  return { statistics, damages };
}

async function openAll(paths: readonly string[], io: ReplayIo): Promise<NamedReader[]> {
  const { signal, standardInput } = io;
  const options = standardInput === undefined ? { signal } : { signal, standardInput };
  return await Promise.all(paths.map(async (path) => ({ path, reader: await openCapture(path, options) })));
}

async function meterAll(
  reader: FrameReader,
  meter: FlowMeter,
  isWanted: () => boolean,
  onProgress: () => void,
): Promise<void> {
  do {
    meterFrames(reader, meter, Number.POSITIVE_INFINITY);
    onProgress();
  } while (isWanted() && (await reader.fill()));
}
