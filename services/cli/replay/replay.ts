import { Worker } from 'node:worker_threads';
import { WHOLE } from '../../probe/decode/common-frame.ts';
import type { ReplayIo, ReplayJob, ReplayOutcome } from './replay-shard.ts';
import { replayShard } from './replay-shard.ts';
import { joinShards } from './statistics.ts';

/** A replay before it is shared out: the threads set `shard`, `turn` and `progress`. */
export type ReplayPlan = Omit<ReplayJob, 'turn' | 'progress'>;

/**
 * Replays on `threads` threads. Each reads all the packets and meters its share of the flows, so the records are the
 * same as with one thread; only their order differs.
 */
export async function replay(
  plan: ReplayPlan,
  threads: number,
  io: ReplayIo,
  onProgress: (bytesRead: number) => void,
): Promise<ReplayOutcome> {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const progress = new BigInt64Array(new SharedArrayBuffer(8));
  const maxFlows = Math.max(1, Math.ceil(plan.meter.maxFlows / threads));
  const jobs = Array.from({ length: threads }, (_, index) => ({
    ...plan,
    turn,
    progress,
    meter: { ...plan.meter, maxFlows, shard: threads === 1 ? WHOLE : { index, count: threads } },
  }));
  // When one thread fails, the others need not read to the end.
  const failed = new AbortController();
  const signal = AbortSignal.any([io.signal, failed.signal]);
  const timer = setInterval(() => onProgress(Number(Atomics.load(progress, 0))), 200);
  try {
    const others = jobs.slice(1).map((job) => inThread(job, signal));
    const outcomes = await Promise.all([replayShard(jobs[0], { ...io, signal }), ...others]);
    const statistics = outcomes.flatMap((outcome) => outcome.statistics ?? []);
    return {
      statistics: statistics.length === 0 ? undefined : joinShards(statistics),
      damages: outcomes[0].damages,
    };
  } catch (error) {
    failed.abort();
    throw error;
  } finally {
    clearInterval(timer);
  }
}

function inThread(job: ReplayJob, signal: AbortSignal): Promise<ReplayOutcome> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerModule(), { workerData: job });
    signal.addEventListener('abort', () => worker.postMessage('end'), { once: true });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('A replay thread ended without an outcome.')));
  });
}

/** Beside this module while developing; beside the bundle when built. */
function workerModule(): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(isSource ? './replay-worker.ts' : './replay-worker.js', import.meta.url);
}
