import type { FlowMeterStatistics } from '../../probe/flow/flow-meter.ts';

/** Adds what was metered one after another, or from different packets. */
export function addStatistics(
  sum: FlowMeterStatistics | undefined,
  more: FlowMeterStatistics,
): FlowMeterStatistics {
  if (sum === undefined) return more;
  const { causes, ...numbers } = more;
  const added = Object.entries(numbers).map(([name, value]) => [
    name,
    value + sum[name as keyof typeof numbers],
  ]);
  return { ...(Object.fromEntries(added) as typeof numbers), causes: addCounts(sum.causes, causes) };
}

/** Joins the shards of one replay: all saw the same frames, each metered its own flows. */
export function joinShards(shards: readonly FlowMeterStatistics[]): FlowMeterStatistics {
  const sumOf = (name: keyof Omit<FlowMeterStatistics, 'causes'>): number =>
    shards.reduce((sum, shard) => sum + shard[name], 0);
  return {
    ...shards[0],
    packets: sumOf('packets'),
    ipBytes: sumOf('ipBytes'),
    flows: sumOf('flows'),
    liveFlows: sumOf('liveFlows'),
    records: sumOf('records'),
    evictedFlows: sumOf('evictedFlows'),
    forgottenGaps: sumOf('forgottenGaps'),
  };
}

function addCounts(
  a: FlowMeterStatistics['causes'],
  b: FlowMeterStatistics['causes'],
): FlowMeterStatistics['causes'] {
  const sum: Record<string, number> = { ...a };
  for (const [cause, count] of Object.entries(b)) sum[cause] = (sum[cause] ?? 0) + count;
  return sum;
}
