import type { Edge, End } from '../../flow-source.ts';
import { endId, endName } from '../end-name.ts';

export interface GraphNode {
  readonly id: string;
  readonly end: End;
  readonly label: string;
  /** The box it is in; undefined for what belongs to no namespace, and for a namespace that is closed. */
  readonly group: string | undefined;
  /** How many ends it stands for. */
  readonly members: number;
  readonly weight: number;
}

export interface GraphLink {
  readonly source: string;
  readonly target: string;
  readonly bytes: number;
  readonly connections: number;
  readonly lostBytes: number;
  readonly repeatedBytes: number;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
  /** What there is beside. */
  readonly hiddenNodes: number;
  readonly hiddenLinks: number;
  readonly namespaces: readonly string[];
  readonly openNamespaces: readonly string[];
}

export interface GraphChoice {
  /** As the URL has it: names with commas, `*`, `-`, or nothing for what suits the size. */
  readonly open: string;
  readonly weight: 'bytes' | 'connections';
}

/** Above so many ends namespaces are closed at first; a drawing holds no more nodes and links than these. */
export const OPEN_UP_TO = 60;
export const MAX_NODES = 120;
export const MAX_LINKS = 400;

type Draft = { -readonly [Name in keyof GraphNode]: GraphNode[Name] } & { readonly seen: Set<string> };

/** What the map draws of edges: closed namespaces are one node, and of too many the heaviest stay. */
export function graphOf(edges: readonly Edge[], choice: GraphChoice): Graph {
  const ends = new Map(
    edges.flatMap(({ source, destination }) => [source, destination]).map((end) => [endId(end), end]),
  );
  const namespaces = [
    ...new Set([...ends.values()].map(({ namespace }) => namespace).filter((name) => name !== undefined)),
  ].sort();
  const open = openOf(choice.open, namespaces, ends.size);
  const nodes = new Map<string, Draft>();
  const links = new Map<string, { -readonly [Name in keyof GraphLink]: GraphLink[Name] }>();
  for (const { source, destination, volume } of edges) {
    const bytes = volume.sourceBytes + volume.destinationBytes;
    const weight = choice.weight === 'bytes' ? bytes : volume.connections;
    const [from, to] = [source, destination].map((end) => nodeOf(nodes, end, open, weight));
    // What goes on inside of a closed namespace is in its sum.
    if (from === to && nodes.get(from)?.end.kind === 'namespace') continue;
    const key = JSON.stringify([from, to]);
    const link = links.get(key) ?? {
      source: from,
      target: to,
      bytes: 0,
      connections: 0,
      lostBytes: 0,
      repeatedBytes: 0,
    };
    links.set(key, link);
    link.bytes += bytes;
    link.connections += volume.connections;
    link.lostBytes += volume.lostBytes;
    link.repeatedBytes += volume.repeatedBytes;
  }
  const shownNodes = heaviest([...nodes.values()], ({ weight }) => weight, MAX_NODES);
  const ids = new Set(shownNodes.map(({ id }) => id));
  const among = [...links.values()].filter(({ source, target }) => ids.has(source) && ids.has(target));
  const shownLinks = heaviest(among, (link) => link[choice.weight], MAX_LINKS);
  return {
    nodes: shownNodes.map(({ seen, ...node }) => ({ ...node, members: seen.size })),
    links: shownLinks,
    hiddenNodes: nodes.size - shownNodes.length,
    hiddenLinks: links.size - shownLinks.length,
    namespaces,
    openNamespaces: namespaces.filter((name) => open.has(name)),
  };
}

/** The names as a URL keeps them, after one was opened or closed. */
export function toggled(openNamespaces: readonly string[], name: string): string {
  const rest = openNamespaces.filter((open) => open !== name);
  const now = rest.length === openNamespaces.length ? [...rest, name] : rest;
  return now.length === 0 ? '-' : now.join(',');
}

function openOf(text: string, namespaces: readonly string[], ends: number): ReadonlySet<string> {
  if (text === '*' || (text === '' && ends <= OPEN_UP_TO)) return new Set(namespaces);
  return new Set(text === '' || text === '-' ? [] : text.split(','));
}

function nodeOf(nodes: Map<string, Draft>, end: End, open: ReadonlySet<string>, weight: number): string {
  const { namespace } = end;
  const isClosed = namespace !== undefined && !open.has(namespace);
  const shown: End = isClosed ? { kind: 'namespace', name: namespace } : end;
  const id = endId(shown);
  const node = nodes.get(id) ?? {
    id,
    end: shown,
    label: shown.namespace === undefined ? endName(shown) : shown.name,
    group: isClosed ? undefined : namespace,
    members: 0,
    weight: 0,
    seen: new Set<string>(),
  };
  nodes.set(id, node);
  node.seen.add(endId(end));
  node.weight += weight;
  return id;
}

/** Those of most weight, in the order in which they were. */
function heaviest<Item>(
  items: readonly Item[],
  weigh: (item: Item) => number,
  count: number,
): readonly Item[] {
  if (items.length <= count) return items;
  const kept = new Set(items.toSorted((a, b) => weigh(b) - weigh(a)).slice(0, count));
  return items.filter((item) => kept.has(item));
}
