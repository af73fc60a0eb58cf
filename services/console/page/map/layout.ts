import type { Graph, GraphNode } from './graph.ts';
import type { Arrow } from './layers.ts';
import { columnsOf, rowsOf } from './layers.ts';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** By the ids of nodes. */
  readonly nodes: ReadonlyMap<string, Rectangle>;
  /** The boxes of open namespaces. */
  readonly boxes: ReadonlyMap<string, Rectangle>;
}

const NODE = { width: 168, height: 40 } as const;
const GAP = { column: 72, row: 20, box: 22, boxColumn: 88 } as const;
const BOX_PADDING = { side: 12, top: 28, bottom: 12 } as const;
/** Room for the bows of links as well. */
const MARGIN = 24;
/** A longer column goes on beside itself. */
const MAX_ROWS = 12;

interface Block {
  readonly id: string;
  readonly name: string | undefined;
  readonly width: number;
  readonly height: number;
  /** Of nodes, from its corner. */
  readonly places: ReadonlyMap<string, { readonly x: number; readonly y: number }>;
}

/**
 * Columns from left to right as calls go: first of namespaces, and inside of each of its nodes. Always the same for the
 * same graph.
 */
export function layoutOf(graph: Graph, weight: 'bytes' | 'connections'): Layout {
  const arrows = graph.links.map(
    (link): Arrow => ({ source: link.source, target: link.target, weight: link[weight] }),
  );
  const blockIdOf = new Map(graph.nodes.map((node) => [node.id, blockId(node)]));
  const members = Map.groupBy(graph.nodes, blockId);
  const blocks = new Map([...members].map(([id, nodes]) => [id, blockOf(id, nodes, arrows)]));
  const between = arrows.map(({ source, target, weight: of }) => ({
    source: blockIdOf.get(source)!,
    target: blockIdOf.get(target)!,
    weight: of,
  }));
  const columns = rowsOf(columnsOf([...blocks.keys()].sort(), sumOf(between)), between);
  const rectangles = new Map<string, Rectangle>();
  const boxes = new Map<string, Rectangle>();
  const wrapped = columns.flatMap((column) => wrap(column.map((id) => blocks.get(id)!)));
  const height = Math.max(0, ...wrapped.map(heightOf));
  let x = MARGIN;
  for (const column of wrapped) {
    let y = MARGIN + (height - heightOf(column)) / 2;
    const width = Math.max(...column.map((block) => block.width));
    for (const block of column) {
      const left = x + (width - block.width) / 2;
      for (const [id, place] of block.places)
        rectangles.set(id, { x: left + place.x, y: y + place.y, ...NODE });
      if (block.name !== undefined)
        boxes.set(block.name, { x: left, y, width: block.width, height: block.height });
      y += block.height + GAP.box;
    }
    x += width + GAP.boxColumn;
  }
  return { width: x - GAP.boxColumn + MARGIN, height: height + 2 * MARGIN, nodes: rectangles, boxes };
}

function blockId({ id, group }: GraphNode): string {
  return group === undefined ? `node ${id}` : `box ${group}`;
}

function blockOf(id: string, nodes: readonly GraphNode[], arrows: readonly Arrow[]): Block {
  const ids = new Set(nodes.map((node) => node.id));
  const inside = arrows.filter(({ source, target }) => ids.has(source) && ids.has(target));
  const columns = rowsOf(columnsOf([...ids].sort(), inside), arrows).flatMap((column) =>
    chunks(column, MAX_ROWS),
  );
  const rows = Math.max(...columns.map((column) => column.length));
  const inner = rows * NODE.height + (rows - 1) * GAP.row;
  const isBox = nodes[0].group !== undefined;
  const [left, top, bottom] = isBox ? [BOX_PADDING.side, BOX_PADDING.top, BOX_PADDING.bottom] : [0, 0, 0];
  const places = new Map<string, { readonly x: number; readonly y: number }>();
  for (const [column, inColumn] of columns.entries()) {
    const used = inColumn.length * NODE.height + (inColumn.length - 1) * GAP.row;
    for (const [row, nodeId] of inColumn.entries()) {
      const x = left + column * (NODE.width + GAP.column);
      places.set(nodeId, { x, y: top + (inner - used) / 2 + row * (NODE.height + GAP.row) });
    }
  }
  return {
    id,
    name: nodes[0].group,
    width: columns.length * NODE.width + (columns.length - 1) * GAP.column + 2 * left,
    height: inner + top + bottom,
    places,
  };
}

/** A column of blocks as one or more that are not too high. */
function wrap(column: readonly Block[]): readonly (readonly Block[])[] {
  const most = MAX_ROWS * (NODE.height + GAP.box);
  const columns: Block[][] = [];
  let height = Number.POSITIVE_INFINITY;
  for (const block of column) {
    if (height + block.height > most) {
      columns.push([]);
      height = 0;
    }
    columns.at(-1)?.push(block);
    height += block.height + GAP.box;
  }
  return columns;
}

function heightOf(column: readonly Block[]): number {
  return column.reduce((sum, { height }) => sum + height + GAP.box, -GAP.box);
}

function chunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function sumOf(arrows: readonly Arrow[]): readonly Arrow[] {
  const sums = new Map<string, Arrow>();
  for (const arrow of arrows) {
    const key = JSON.stringify([arrow.source, arrow.target]);
    sums.set(key, { ...arrow, weight: arrow.weight + (sums.get(key)?.weight ?? 0) });
  }
  return [...sums.values()];
}
