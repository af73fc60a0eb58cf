import { element } from '../element.ts';
import { endId, endName } from '../end-name.ts';
import { countOf, formatBytes, formatCount } from '../format.ts';
import { table } from '../table.ts';
import type { Tools } from '../view.ts';
import type { Graph, GraphLink, GraphNode } from './graph.ts';
import { toggled } from './graph.ts';

/** Whom a node talks to, and where to go from here. */
export function nodeDetails(node: GraphNode, graph: Graph, tools: Tools): HTMLElement {
  const callers = graph.links.filter(({ target }) => target === node.id);
  const callees = graph.links.filter(({ source }) => source === node.id);
  return element(
    'aside',
    { class: 'details', 'aria-label': `Details of ${endName(node.end)}` },
    element('h2', {}, endName(node.end)),
    element(
      'p',
      {},
      `${describe(node)}. ${sentence('It is called', callers)} ${sentence('It calls', callees)}`,
    ),
    element('p', { class: 'actions' }, ...actions(node, graph, tools)),
    ...neighbours('Who calls it', callers, 'source', graph, tools),
    ...neighbours('Whom it calls', callees, 'target', graph, tools),
  );
}

function describe({ end, members }: GraphNode): string {
  switch (end.kind) {
    case 'namespace':
      return `A namespace with ${countOf(members, 'end')} that talked`;
    case 'outside':
      return 'Public addresses that nobody in the cluster has';
    case 'unknown':
      return 'Addresses that nobody could name';
    default:
      return `A ${end.kind}${end.namespace === undefined ? '' : ` of the namespace ${end.namespace}`}`;
  }
}

function sentence(what: string, links: readonly GraphLink[]): string {
  const connections = links.reduce((sum, link) => sum + link.connections, 0);
  const bytes = links.reduce((sum, link) => sum + link.bytes, 0);
  return connections === 0
    ? `${what}: never.`
    : `${what}: ${countOf(connections, 'connection')}, ${formatBytes(bytes)}.`;
}

function actions({ id, end }: GraphNode, graph: Graph, tools: Tools): readonly Node[] {
  const links: Node[] = [];
  if (end.kind === 'service' && end.namespace !== undefined) {
    links.push(tools.link('Split over its pods', { view: 'split', of: `${end.namespace}/${end.name}` }));
  }
  if (end.kind === 'namespace')
    links.push(tools.link('Open', { open: toggled(graph.openNamespaces, end.name), picked: '' }));
  return [
    ...links,
    tools.link('Flows to it', { view: 'flows', destination: id }),
    tools.link('Flows from it', { view: 'flows', source: id }),
    tools.link('Close', { picked: '' }),
  ];
}

function neighbours(
  title: string,
  links: readonly GraphLink[],
  side: 'source' | 'target',
  graph: Graph,
  tools: Tools,
): readonly Node[] {
  if (links.length === 0) return [];
  const nameOf = (id: string): string => {
    const node = graph.nodes.find((candidate) => candidate.id === id);
    return node === undefined ? id : endName(node.end);
  };
  const rows = links.toSorted((a, b) => b.bytes - a.bytes);
  return [
    table(
      title,
      [
        { title: 'End', cell: (link) => tools.link(nameOf(link[side]), { picked: link[side] }) },
        { title: 'Conn.', isNumber: true, cell: ({ connections }) => formatCount(connections) },
        { title: 'Bytes', isNumber: true, cell: ({ bytes }) => formatBytes(bytes) },
        { title: 'Lost', isNumber: true, cell: ({ lostBytes }) => formatBytes(lostBytes) },
      ],
      rows,
    ),
  ];
}

/** The node that the URL says was picked. */
export function pickedNode(graph: Graph, picked: string): GraphNode | undefined {
  return graph.nodes.find(({ end }) => endId(end) === picked);
}
