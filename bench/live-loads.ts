import type { LiveLoad } from './live-bench.ts';

/** Loads that every capture meets. The steady one lasts two windows, so that their records are part of the cost. */
export function comparedLoads(quick: boolean): readonly LiveLoad[] {
  const warmUpPackets = quick ? 250_000 : 1_000_000;
  const steady = {
    flows: 10_000,
    packetsPerSecond: 100_000,
    warmUpPackets,
    packets: quick ? 500_000 : 2_000_000,
  };
  return [steady, { ...steady, packetsPerSecond: 0, packets: quick ? 500_000 : 4_000_000 }];
}

/** The steady load with more flows, for what a flow costs in memory. */
export function memoryLoad(quick: boolean): LiveLoad {
  return { ...comparedLoads(quick)[0], flows: 60_000 };
}
