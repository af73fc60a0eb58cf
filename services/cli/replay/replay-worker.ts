import { parentPort, workerData } from 'node:worker_threads';
import type { ReplayJob } from './replay-shard.ts';
import { replayShard } from './replay-shard.ts';

// A thread of `flowtap replay`: does the job it was given, answers with the outcome; any message ends it early.
const ending = new AbortController();
parentPort?.once('message', () => ending.abort());
const outcome = await replayShard(workerData as ReplayJob, {
  standardInput: undefined,
  signal: ending.signal,
});
parentPort?.postMessage(outcome);
parentPort?.close();
