const SWEEPS = 6;

export interface Arrow {
  readonly source: string;
  readonly target: string;
  readonly weight: number;
}

/** A chain of so many is drawn as one line; a longer one is folded. */
const LEAST_COLUMNS = 5;

/**
 * Puts what is pointed at to the right of what points: a column for each id. Of a circle the lightest arrow points
 * back. Of very many columns neighbours become one, so that the whole is about as high as it is wide. Always the same
 * for the same input.
 */
export function columnsOf(ids: readonly string[], arrows: readonly Arrow[]): ReadonlyMap<string, number> {
  const forward = new Map<string, Set<string>>(ids.map((id) => [id, new Set()]));
  const byWeight = arrows.toSorted(
    (a, b) => b.weight - a.weight || compare(a.source, b.source) || compare(a.target, b.target),
  );
  for (const { source, target } of byWeight) {
    if (source !== target && !leadsTo(forward, target, source)) forward.get(source)?.add(target);
  }
  const columns = new Map<string, number>(ids.map((id) => [id, 0]));
  // Each round moves what is still too far left; without circles there are at most as many as ids.
  for (let isMoving = true; isMoving; ) {
    isMoving = false;
    for (const [source, targets] of forward) {
      const least = columns.get(source)! + 1;
      for (const target of targets) {
        if (columns.get(target)! >= least) continue;
        columns.set(target, least);
        isMoving = true;
      }
    }
  }
  const deepest = Math.max(0, ...columns.values()) + 1;
  const most = Math.max(LEAST_COLUMNS, Math.ceil(Math.sqrt(ids.length)));
  if (deepest <= most) return columns;
  return new Map([...columns].map(([id, column]) => [id, Math.floor((column * most) / deepest)]));
}

/** Orders each column so that few arrows cross: each id near the middle of its neighbours, a few times over. */
export function rowsOf(
  columns: ReadonlyMap<string, number>,
  arrows: readonly Arrow[],
): readonly (readonly string[])[] {
  const rows = Array.from({ length: Math.max(-1, ...columns.values()) + 1 }, (): string[] => []);
  for (const [id, column] of [...columns].sort(([a], [b]) => compare(a, b))) rows[column].push(id);
  const neighbours = new Map<string, string[]>([...columns.keys()].map((id) => [id, []]));
  for (const { source, target } of arrows) {
    neighbours.get(source)?.push(target);
    neighbours.get(target)?.push(source);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const position = new Map(
      rows.flatMap((row) => row.map((id, index): [string, number] => [id, index / row.length])),
    );
    const middle = (id: string): number => {
      const near = neighbours.get(id) ?? [];
      if (near.length === 0) return position.get(id) ?? 0;
      return near.reduce((sum, other) => sum + (position.get(other) ?? 0), 0) / near.length;
    };
    const order = sweep % 2 === 0 ? rows : rows.toReversed();
    for (const row of order) {
      const middles = new Map(row.map((id) => [id, middle(id)]));
      row.sort((a, b) => middles.get(a)! - middles.get(b)! || compare(a, b));
      for (const [index, id] of row.entries()) position.set(id, index / row.length);
    }
  }
  return rows;
}

function leadsTo(forward: ReadonlyMap<string, ReadonlySet<string>>, from: string, to: string): boolean {
  const pending = [from];
  const seen = new Set(pending);
  for (const id of pending) {
    if (id === to) return true;
    for (const next of forward.get(id) ?? []) {
      if (!seen.has(next)) pending.push(next);
      seen.add(next);
    }
  }
  return false;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
