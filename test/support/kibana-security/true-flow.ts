/** What really happened: what a generator of traffic knows, and queries must say. */
export interface Truth {
  /** Ends of the time range in which all records are, and nothing else of the same scope. */
  readonly from: string;
  readonly to: string;
  /** What counts: each conversation once a window. */
  readonly records: readonly TrueFlow[];
  /** The same conversations as the other end saw them. */
  readonly peers: readonly TrueFlow[];
}

/** One conversation in one window. */
export interface TrueFlow {
  /** End of the window: `@timestamp`. */
  readonly at: string;
  readonly communityId: string;
  readonly transport: string;
  /** The node on which it was observed. */
  readonly host: string;
  readonly source: TrueEnd;
  readonly destination: TrueEnd;
}

export interface TrueEnd {
  readonly ip: string;
  readonly port?: number | undefined;
  /** Sent by this end. */
  readonly bytes: number;
  readonly packets: number;
  /** As `domain` says it. */
  readonly domain?: string | undefined;
  readonly place?: TruePlace | undefined;
  /** The first is the one in `pod`. */
  readonly pods: readonly TruePod[];
  readonly service?: { readonly name: string; readonly namespace: string } | undefined;
}

export interface TruePlace {
  readonly lat: number;
  readonly lon: number;
  readonly country?: string;
  readonly asn?: { readonly number: number; readonly name: string };
}

export interface TruePod {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

export type End = 'source' | 'destination';

export function opposite(end: End): End {
  return end === 'source' ? 'destination' : 'source';
}

/** Groups by a text; what has none is left out. */
export function groupBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string | undefined,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

export function sumOf<Item>(items: readonly Item[], read: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + read(item), 0);
}

export function countOf<Item>(items: readonly Item[], read: (item: Item) => unknown): number {
  return new Set(items.map(read)).size;
}
