import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { openCapture } from '../../probe/capture/capture-input.ts';
import type { FlowMeterOptions } from '../../probe/flow/flow-meter.ts';
import { FlowMeter } from '../../probe/flow/flow-meter.ts';
import { inlineGenerously } from '../../runtime/inlining.ts';
import { meterFrames } from './meter-frames.ts';

/** A thread takes a tenth of a second to start and to become fast. */
const THREADS_FROM_BYTES = 64 * 1024 * 1024;

/** Frames to look at, and the flows among them from which on flows outgrow a processor's cache. */
const SAMPLE_FRAMES = 100_000;
const THREADS_FROM_FLOWS = 16_384;

/** Beyond, threads spend their time on reading the same packets. */
const MAX_THREADS = 4;

/** How long the inputs are together, as far as that is known: a pipe has no length. */
export function inputBytes(paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + fileBytes(path), 0);
}

/** 0 for what cannot be looked at; opening it will say why. */
function fileBytes(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

/**
 * How many threads to replay with: more than one pays for large input with many flows, since each thread reads all
 * packets but holds and writes only its share of the flows. Looks at the first frames of the first input.
 */
export async function chooseThreads(
  paths: readonly string[],
  options: FlowMeterOptions,
  signal: AbortSignal,
): Promise<number> {
  const cores = Math.min(availableParallelism(), MAX_THREADS);
  if (cores === 1 || inputBytes(paths) < THREADS_FROM_BYTES) return 1;
  inlineGenerously();
  const meter = new FlowMeter({ ...options, maxFlows: SAMPLE_FRAMES }, { record: () => undefined });
  const reader = await openCapture(paths[0], { signal });
  try {
    let left = SAMPLE_FRAMES;
    do left -= meterFrames(reader, meter, left);
    while (left > 0 && (await reader.fill()));
  } finally {
    await reader.close();
  }
  return meter.statistics().flows < THREADS_FROM_FLOWS ? 1 : cores;
}
