import type { PodShare } from '../../flow-source.ts';

export type Grouping = 'pod' | 'node' | 'version' | 'label';

/** One of those among whom traffic is split. */
export interface Share {
  readonly name: string;
  readonly pods: number;
  readonly connections: number;
  readonly bytes: number;
  /** Of all connections, from 0 to 1. */
  readonly share: number;
  readonly bytesShare: number;
  /** What an equal split over pods, or the given weights, would give it. */
  readonly expected: number;
  /** How far chance alone would take it from that: two standard deviations of as many drawings. */
  readonly chance: number;
}

export const NAMELESS = 'none';

/** Adds pods up by what they have in common, beside what each would get. */
export function sharesBy(
  pods: readonly PodShare[],
  grouping: Grouping,
  weights: ReadonlyMap<string, number>,
): readonly Share[] {
  const connections = pods.reduce((sum, { volume }) => sum + volume.connections, 0);
  const bytes = pods.reduce((sum, pod) => sum + bytesOf(pod), 0);
  const groups = [...Map.groupBy(pods, (pod) => pod[grouping] ?? NAMELESS)].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const weighOf = weigher(groups, weights);
  const weight = groups.reduce((sum, [name, of]) => sum + weighOf(name, of), 0);
  return groups.map(([name, of]): Share => {
    const ownConnections = of.reduce((sum, { volume }) => sum + volume.connections, 0);
    const ownBytes = of.reduce((sum, pod) => sum + bytesOf(pod), 0);
    const expected = weight === 0 ? 0 : weighOf(name, of) / weight;
    return {
      name,
      pods: podsOf(of),
      connections: ownConnections,
      bytes: ownBytes,
      share: connections === 0 ? 0 : ownConnections / connections,
      bytesShare: bytes === 0 ? 0 : ownBytes / bytes,
      expected,
      chance: connections === 0 ? 0 : 2 * Math.sqrt((expected * (1 - expected)) / connections),
    };
  });
}

/** Reads `v1=90 v2=10`; undefined where it is nothing of the kind. */
export function readWeights(text: string): ReadonlyMap<string, number> | undefined {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const pairs = words.map((word) => /^(.+)[=:](\d{1,6}(?:\.\d{1,4})?)%?$/.exec(word));
  if (pairs.includes(null)) return undefined;
  return new Map(pairs.map((pair) => [pair![1], Number(pair![2])]));
}

/** By the given weights where they name one of the groups; else each pod alike. */
function weigher(
  groups: readonly (readonly [string, readonly PodShare[]])[],
  weights: ReadonlyMap<string, number>,
): (name: string, of: readonly PodShare[]) => number {
  const isGiven = groups.some(([name]) => weights.has(name));
  return isGiven ? (name) => weights.get(name) ?? 0 : (_name, of) => podsOf(of);
}

function podsOf(pods: readonly PodShare[]): number {
  return new Set(pods.map(({ pod }) => pod)).size;
}

function bytesOf({ volume }: PodShare): number {
  return volume.sourceBytes + volume.destinationBytes;
}
