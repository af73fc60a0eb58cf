import { WHOLE } from '../../services/probe/decode/common-frame.ts';
import { TUNNELS } from '../../services/probe/decode/tunnel.ts';
import type { FlowMeterOptions } from '../../services/probe/flow/flow-meter.ts';
import { CheckedMeter } from './checked-meter.ts';
import { PacketMutator } from './packet-mutator.ts';
import { Xorshift } from './xorshift.ts';

export interface FuzzOptions {
  readonly packets: number;
  readonly seed: number;
  /** Called now and then with the frames so far. */
  readonly onProgress?: (frames: number, memory: MemoryUse) => void;
}

export interface FuzzResult {
  readonly frames: number;
  readonly otherFrames: number;
  readonly records: number;
  readonly evictedFlows: number;
  readonly memory: MemoryUse;
}

export interface MemoryUse {
  readonly maxHeapBytes: number;
  /** Resident memory beyond what it was when all tables had been touched. */
  readonly rssGrowthBytes: number;
}

const DEFAULTS: FlowMeterOptions = {
  windowMs: 0,
  idleTimeoutSeconds: 0,
  tcpIdleTimeoutSeconds: 0,
  activeTimeoutSeconds: 0,
  maxFlows: 64,
  maxFragmentedDatagrams: 64,
  communityIdSeed: 0,
  decapsulate: [],
  hashSeed: 0x1234567,
  shard: WHOLE,
};

/** Meters that differ in all that changes their way: windows, room, timeouts, tunnels. */
const METERS: readonly FlowMeterOptions[] = [
  { ...DEFAULTS, windowMs: 1000, maxFlows: 64, sweepRows: 1 },
  {
    ...DEFAULTS,
    windowMs: 100,
    maxFlows: 8192,
    sweepRows: 100,
    idleTimeoutSeconds: 1,
    decapsulate: [...TUNNELS],
  },
  { ...DEFAULTS, maxFlows: 1024, idleTimeoutSeconds: 2, tcpIdleTimeoutSeconds: 1, decapsulate: [...TUNNELS] },
  { ...DEFAULTS, windowMs: 2500, maxFlows: 65_536, idleTimeoutSeconds: 5, tcpIdleTimeoutSeconds: 9 },
  { ...DEFAULTS, maxFlows: 4500, activeTimeoutSeconds: 3, decapsulate: [...TUNNELS] },
  { ...DEFAULTS, maxFlows: 20_000, maxFragmentedDatagrams: 4096 },
];

/** Frames that one meter takes at most before the next one's turn; memory is looked at in between. */
const MAX_ROUND = 50_000;
/** All memory has been touched by then. */
const WARM_UP_ROUNDS = 60;

/** Records are garbage as soon as they are made; what stays is in tables of fixed size. */
const MAX_HEAP_BYTES = 128 * 2 ** 20;
const MAX_RSS_GROWTH_BYTES = 64 * 2 ** 20;

/**
 * Throws random and mutated frames at meters. What goes in must come out, flows and memory stay within bounds,
 * nothing throws.
 *
 * @throws Error that says which frame of which seed broke what
 */
export function runFuzz({ packets, seed, onProgress }: FuzzOptions): FuzzResult {
  const random = new Xorshift(seed);
  const frame = new PacketMutator(random);
  const meters = METERS.map((options) => new CheckedMeter(options));
  const clock = new Clock(random);
  let maxHeapBytes = 0;
  let warmRssBytes = 0;
  let frames = 0;
  const memory = (): MemoryUse => {
    const { heapUsed, rss } = process.memoryUsage();
    maxHeapBytes = Math.max(maxHeapBytes, heapUsed);
    return { maxHeapBytes, rssGrowthBytes: warmRssBytes === 0 ? 0 : rss - warmRssBytes };
  };
  const roundFrames = Math.min(MAX_ROUND, Math.ceil(packets / METERS.length / 2));
  for (let round = 0; frames < packets; round++) {
    const meter = meters[round % meters.length];
    const end = Math.min(packets, frames + roundFrames);
    try {
      for (; frames < end; frames++) takeFrame(meter, frame, clock);
    } catch (cause) {
      const bytes = Buffer.from(frame.memory.subarray(0, frame.capturedBytes)).toString('hex');
      throw new Error(`Frame ${frames} of seed ${seed}, link type ${frame.linkType}: ${bytes}`, { cause });
    }
    const { liveFlows } = meter.meter.statistics();
    if (liveFlows > meter.options.maxFlows) throw new Error(`${liveFlows} flows live, seed ${seed}.`);
    const use = memory();
    if (use.maxHeapBytes > MAX_HEAP_BYTES) throw new Error(`The heap holds ${use.maxHeapBytes} bytes.`);
    if (use.rssGrowthBytes > MAX_RSS_GROWTH_BYTES)
      throw new Error(`${use.rssGrowthBytes} bytes more memory.`);
    if (round === WARM_UP_ROUNDS) warmRssBytes = process.memoryUsage().rss;
    if (round % 20 === 0) onProgress?.(frames, use);
  }
  const results = meters.map((meter) => meter.finish());
  const sum = (key: 'otherFrames' | 'records' | 'evictedFlows'): number =>
    results.reduce((total, statistics) => total + statistics[key], 0);
  return {
    frames,
    otherFrames: sum('otherFrames'),
    records: sum('records'),
    evictedFlows: sum('evictedFlows'),
    memory: memory(),
  };
}

/** In a function of its own, so that the compiler sees it apart from the error's way. */
function takeFrame(meter: CheckedMeter, frame: PacketMutator, clock: Clock): void {
  frame.next();
  clock.advance();
  meter.take(frame, clock.seconds, clock.nanoseconds);
}

/** Time that mostly goes on a little, sometimes back, and seldom far. */
class Clock {
  seconds = 1_790_000_000;
  nanoseconds = 0;
  readonly #random: Xorshift;

  constructor(random: Xorshift) {
    this.#random = random;
  }

  advance(): void {
    const choice = this.#random.next() >>> 0;
    this.nanoseconds += choice & 0x3fff;
    if ((choice & 0xfff00000) === 0) this.nanoseconds -= 100_000_000 + (choice & 0xffff);
    else if ((choice & 0xffff0000) === 0xffff0000) this.seconds += 1 + (choice & 0x7);
    if (this.nanoseconds < 0) {
      this.nanoseconds += 1e9;
      this.seconds--;
    } else if (this.nanoseconds >= 1e9) {
      this.nanoseconds -= 1e9;
      this.seconds++;
    }
  }
}
