import { element, svgElement } from '../element.ts';
import { endName } from '../end-name.ts';
import { countOf, formatBytes } from '../format.ts';
import type { Tools } from '../view.ts';
import type { Graph, GraphLink, GraphNode } from './graph.ts';
import { toggled } from './graph.ts';
import type { Layout, Rectangle } from './layout.ts';
import { layoutOf } from './layout.ts';
import { linkPath, widthScale } from './link-path.ts';

const MAX_CHARACTERS = 21;
/** How far a map shrinks to fit, before it is scrolled. */
const LEAST_SCALE = 0.8;
const MOST_SCALE = 1.15;

/** The graph as SVG. Nodes are buttons: they can be reached with the keyboard, and say what they are. */
export function drawMap(graph: Graph, tools: Tools, zoom: number): HTMLElement {
  const { picked, find } = tools.state;
  const weight = tools.state.weight === 'connections' ? 'connections' : 'bytes';
  const layout = layoutOf(graph, weight);
  const near = nearOf(graph, picked);
  const isDim = (id: string): boolean => (near !== undefined && !near.has(id)) || !matches(id, graph, find);
  const widthOf = widthScale(graph.links.map((link) => link[weight]));
  const svg = svgElement(
    'svg',
    {
      viewBox: `0 0 ${Math.ceil(layout.width)} ${Math.ceil(layout.height)}`,
      role: 'group',
      'aria-label': `Map of ${countOf(graph.nodes.length, 'node')} and ${countOf(graph.links.length, 'link')}`,
    },
    arrowHeads(),
    ...[...layout.boxes].map(([name, box]) => drawBox(name, box, graph, tools)),
    svgElement(
      'g',
      {},
      ...graph.links.map((link) => {
        const isOfPicked = picked !== '' && (link.source === picked || link.target === picked);
        const isFaint = picked !== '' ? !isOfPicked : isDim(link.source) && isDim(link.target);
        return drawLink(link, layout, widthOf(link[weight]), isFaint);
      }),
    ),
    svgElement('g', {}, ...graph.nodes.map((node) => drawNode(node, layout, isDim(node.id), weight, tools))),
  );
  svg.style.minWidth = `${Math.round(layout.width * LEAST_SCALE * zoom)}px`;
  svg.style.maxWidth = `${Math.round(layout.width * MOST_SCALE * zoom)}px`;
  svg.style.width = `${Math.round(100 * zoom)}%`;
  return element('div', { class: 'map', tabindex: 0, role: 'region', 'aria-label': 'Service map' }, svg);
}

function nearOf({ links }: Graph, picked: string): ReadonlySet<string> | undefined {
  if (picked === '') return undefined;
  const near = links.filter(({ source, target }) => source === picked || target === picked);
  return new Set([picked, ...near.flatMap(({ source, target }) => [source, target])]);
}

function matches(id: string, { nodes }: Graph, find: string): boolean {
  if (find === '') return true;
  const node = nodes.find((candidate) => candidate.id === id);
  return node !== undefined && endName(node.end).toLowerCase().includes(find.toLowerCase());
}

function arrowHeads(): Node {
  const head = (id: string): Node =>
    svgElement(
      'marker',
      {
        ...{ id, viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 8, markerHeight: 8 },
        ...{ orient: 'auto-start-reverse', markerUnits: 'userSpaceOnUse' },
      },
      svgElement('path', { d: 'M0 0 L8 4 L0 8 z' }),
    );
  return svgElement('defs', {}, head('arrow'), head('arrow-loss'));
}

function drawBox(name: string, { x, y, width, height }: Rectangle, graph: Graph, tools: Tools): Node {
  const close = (): void => tools.go({ open: toggled(graph.openNamespaces, name), picked: '' });
  return svgElement(
    'g',
    { class: 'box' },
    svgElement('rect', { x, y, width, height, rx: 6 }),
    svgElement(
      'g',
      {
        ...{
          role: 'button',
          tabindex: 0,
          'data-key': `close ${name}`,
          'aria-label': `Close the namespace ${name}`,
        },
        ...{ onclick: close, onkeydown: onPress(close) },
      },
      svgElement('rect', {
        class: 'hit',
        x: x + 4,
        y: y + 4,
        width: Math.min(width - 8, 16 + name.length * 8),
        height: 18,
        rx: 3,
      }),
      svgElement('text', { x: x + 12, y: y + 17 }, `${name} −`),
    ),
  );
}

function drawLink(link: GraphLink, { nodes }: Layout, width: number, isFaint: boolean): Node {
  const [from, to] = [nodes.get(link.source), nodes.get(link.target)];
  if (from === undefined || to === undefined) return svgElement('g');
  const hasLoss = link.lostBytes > 0;
  const classes = ['link', hasLoss && 'loss', isFaint && 'faint'].filter(Boolean).join(' ');
  const lost = hasLoss ? `, ${formatBytes(link.lostBytes)} lost` : '';
  return svgElement(
    'path',
    {
      ...{ class: classes, d: linkPath(from, to, [...nodes.values()]), 'stroke-width': width.toFixed(1) },
      'marker-end': hasLoss ? 'url(#arrow-loss)' : 'url(#arrow)',
    },
    svgElement('title', {}, `${countOf(link.connections, 'connection')}, ${formatBytes(link.bytes)}${lost}`),
  );
}

function drawNode(node: GraphNode, { nodes }: Layout, isFaint: boolean, weight: string, tools: Tools): Node {
  const { x, y, width, height } = nodes.get(node.id)!;
  const { kind } = node.end;
  const amount = weight === 'bytes' ? formatBytes(node.weight) : countOf(node.weight, 'connection');
  const what = kind === 'namespace' ? `${node.members} inside` : kind;
  const isPicked = tools.state.picked === node.id;
  const pick = (): void => tools.go({ picked: isPicked ? '' : node.id });
  return svgElement(
    'g',
    {
      class: ['node', kind, isFaint && 'faint', isPicked && 'picked'].filter(Boolean).join(' '),
      ...{ role: 'button', tabindex: 0, 'data-key': `node ${node.id}`, 'aria-pressed': String(isPicked) },
      'aria-label': `${endName(node.end)}, ${kind}, ${what}, ${amount}`,
      ...{ onclick: pick, onkeydown: onPress(pick) },
    },
    svgElement('rect', { x, y, width, height, rx: 5 }),
    svgElement('text', { class: 'name', x: x + 10, y: y + 17 }, shorten(node.label)),
    svgElement('text', { class: 'kind', x: x + 10, y: y + 32 }, shorten(`${what} · ${amount}`, 27)),
    svgElement('title', {}, endName(node.end)),
  );
}

/** Enter and space, as buttons have it. */
function onPress(act: () => void): (event: Event) => void {
  return (event) => {
    if (!(event instanceof KeyboardEvent) || (event.key !== 'Enter' && event.key !== ' ')) return;
    event.preventDefault();
    act();
  };
}

function shorten(text: string, characters = MAX_CHARACTERS): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}
