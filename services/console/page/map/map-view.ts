import type { Edges } from '../../flow-source.ts';
import { ask } from '../ask.ts';
import { choice } from '../choice.ts';
import { element } from '../element.ts';
import { endName } from '../end-name.ts';
import { countOf, formatBytes, formatCount } from '../format.ts';
import { nothingFound, remark } from '../notice.ts';
import { questionOf } from '../state.ts';
import { table } from '../table.ts';
import type { Tools } from '../view.ts';
import { view } from '../view.ts';
import { drawMap } from './draw-map.ts';
import type { Graph } from './graph.ts';
import { graphOf } from './graph.ts';
import { nodeDetails, pickedNode } from './node-details.ts';

const MAX_EDGES = '5000';
const LISTED = 50;
const ZOOM_STEP = 1.25;

/** Of this page until it is loaded again. */
let zoom = 1;

/** Who talks to whom. */
export const mapView = view<Edges>({
  title: 'Map',
  load: (state, signal) => ask('edges', questionOf(state, { level: state.level, size: MAX_EDGES }), signal),
  draw(edges, tools) {
    if (edges.edges.length === 0) return [controls(undefined, tools), nothingFound('traffic')];
    const weight = tools.state.weight === 'connections' ? 'connections' : 'bytes';
    const graph = graphOf(edges.edges, { open: tools.state.open, weight });
    const picked = pickedNode(graph, tools.state.picked);
    return [
      controls(graph, tools),
      ...remarks(edges, graph),
      element(
        'div',
        { class: picked === undefined ? 'stage' : 'stage with-details' },
        drawMap(graph, tools, zoom),
        picked && nodeDetails(picked, graph, tools),
      ),
      legend(weight),
      sameAsTable(edges),
    ];
  },
});

function controls(graph: Graph | undefined, tools: Tools): HTMLElement {
  const { level, weight, find } = tools.state;
  const isFolded = graph !== undefined && graph.namespaces.length > 0;
  const zoomBy = (factor: number): void => {
    zoom = Math.min(4, Math.max(0.4, zoom * factor));
    tools.go({});
  };
  return element(
    'div',
    { class: 'controls' },
    choice('Level', level, ['service', 'workload', 'pod', 'namespace'], (value) =>
      tools.go({ level: value, picked: '' }),
    ),
    choice('Width by', weight, ['bytes', 'connections'], (value) => tools.go({ weight: value })),
    element(
      'label',
      {},
      'Find ',
      element('input', {
        ...{ type: 'search', value: find, size: 14, 'data-key': 'find', autocomplete: 'off' },
        oninput: (event) => tools.go({ find: (event.target as HTMLInputElement).value }),
      }),
    ),
    isFolded && tools.link('Open all', { open: '*' }, { class: 'button' }),
    isFolded && tools.link('Close all', { open: '-', picked: '' }, { class: 'button' }),
    element(
      'button',
      { type: 'button', 'data-key': 'in', 'aria-label': 'Larger', onclick: () => zoomBy(ZOOM_STEP) },
      '+',
    ),
    element(
      'button',
      { type: 'button', 'data-key': 'out', 'aria-label': 'Smaller', onclick: () => zoomBy(1 / ZOOM_STEP) },
      '−',
    ),
  );
}

function remarks({ found, edges, isPartial }: Edges, { hiddenNodes, hiddenLinks }: Graph): readonly Node[] {
  const texts = [
    isPartial &&
      'There are more combinations of ends than are looked at: numbers are of a part. Choose a shorter time or a namespace.',
    found > edges.length &&
      `Of ${countOf(found, 'edge')} the heaviest ${formatCount(edges.length)} are looked at.`,
    (hiddenNodes > 0 || hiddenLinks > 0) &&
      `Not drawn: ${countOf(hiddenNodes, 'lighter node')} and ${countOf(hiddenLinks, 'link')}. Close namespaces, or filter.`,
  ];
  return texts.filter((text) => text !== false).map(remark);
}

function legend(weight: string): HTMLElement {
  return element(
    'p',
    { class: 'legend' },
    `Arrows go from who opened the connection to who answered; their width is the logarithm of ${weight}. `,
    'Dashed: payload was lost on the way. Click a node for its details, the name of a box to close it.',
  );
}

/** For readers of screens, and for copying. */
function sameAsTable({ edges }: Edges): HTMLElement {
  return element(
    'details',
    { 'data-key': 'same-as-table' },
    element('summary', {}, 'The same as a table'),
    table(
      `The ${countOf(Math.min(LISTED, edges.length), 'heaviest edge')}`,
      [
        { title: 'From', isName: true, cell: ({ source }) => endName(source) },
        { title: 'To', isName: true, cell: ({ destination }) => endName(destination) },
        { title: 'Connections', isNumber: true, cell: ({ volume }) => formatCount(volume.connections) },
        { title: 'Sent', isNumber: true, cell: ({ volume }) => formatBytes(volume.sourceBytes) },
        { title: 'Answered', isNumber: true, cell: ({ volume }) => formatBytes(volume.destinationBytes) },
        { title: 'Lost', isNumber: true, cell: ({ volume }) => formatBytes(volume.lostBytes) },
        {
          title: 'Repeated',
          isNumber: true,
          isMinor: true,
          cell: ({ volume }) => formatBytes(volume.repeatedBytes),
        },
      ],
      edges.slice(0, LISTED),
    ),
  );
}
