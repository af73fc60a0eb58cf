import type { PlacedCollection } from './locate-node.ts';

/** An entry for a map (with its key) or a list. */
export interface NewEntry {
  readonly key?: string;
  readonly value: unknown;
}

/** What happens to the entries of one collection. */
export interface CollectionChange {
  readonly place: PlacedCollection;
  readonly front: NewEntry[];
  readonly back: NewEntry[];
  /** Positions as they were. */
  readonly removed: Set<number>;
  readonly replaced: Map<number, unknown>;
}

export function noChange(place: PlacedCollection): CollectionChange {
  return { place, front: [], back: [], removed: new Set(), replaced: new Map() };
}

/** True where nothing is left of a collection that had something. */
export function isEmptied({ place, front, back, removed }: CollectionChange): boolean {
  const { length } = place.node.items;
  return length > 0 && removed.size === length && front.length + back.length === 0;
}

/** Neighbours in a collection, by the positions of the first and the last. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** Positions by their neighbourhoods. */
export function* runsOf(positions: ReadonlySet<number>, length: number): Generator<Run> {
  for (let from = 0; from < length; from++) {
    if (!positions.has(from)) continue;
    let to = from;
    while (positions.has(to + 1)) to++;
    yield { from, to };
    from = to;
  }
}
