// Random and mutated packets through the flow meter: node test/fuzz/fuzz.ts [--packets n] [--seed n]
import { parseArgs } from 'node:util';
import { runFuzz } from './run-fuzz.ts';

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '100000000' },
    seed: { type: 'string', default: String(Date.now() % 0x7fffffff) },
  },
});
const packets = Number(values.packets);
const seed = Number(values.seed);
const startedMs = performance.now();
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

process.stderr.write(`fuzz: ${packets} packets, seed ${seed}\n`);
const result = runFuzz({
  packets,
  seed,
  onProgress: (frames, memory) => {
    const rate = frames / (performance.now() - startedMs);
    process.stderr.write(
      `fuzz: ${((frames / packets) * 100).toFixed(1)} %, ${rate.toFixed(0)} packets/ms, heap ${megabytes(memory.maxHeapBytes)}\n`,
    );
  },
});
const seconds = (performance.now() - startedMs) / 1000;
const { frames, otherFrames, records, evictedFlows, memory } = result;
process.stdout.write(
  `fuzz: ${frames} packets in ${seconds.toFixed(1)} s, ${otherFrames} without IP, ${records} records, ` +
    `${evictedFlows} flows evicted, heap at most ${megabytes(memory.maxHeapBytes)}, ` +
    `resident memory ${megabytes(memory.rssGrowthBytes)} more than after warm-up: all totals agree\n`,
);
