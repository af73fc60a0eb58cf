import type { Edge, Edges, End } from '../flow-source.ts';
import { ask } from './ask.ts';
import { choice } from './choice.ts';
import { element } from './element.ts';
import { endId, endName } from './end-name.ts';
import { countOf, formatBytes, formatCount } from './format.ts';
import { nothingFound, remark } from './notice.ts';
import { questionOf } from './state.ts';
import { table } from './table.ts';
import type { Tools } from './view.ts';
import { view } from './view.ts';

const SHOWN = '100';

/** Who talks most, with whom, and about what. */
export const talkersView = view<Edges>({
  title: 'Top talkers',
  load: (state, signal) =>
    ask('edges', questionOf(state, { level: levelOf(state.level), ports: 'true', size: SHOWN }), signal),
  draw({ edges, found, total, isPartial }, tools) {
    const level = choice(
      'Level',
      levelOf(tools.state.level),
      ['namespace', 'service', 'workload', 'pod', 'address'],
      (value) => tools.go({ level: value }),
    );
    const controls = element('div', { class: 'controls' }, level);
    if (edges.length === 0) return [controls, nothingFound('traffic')];
    const sum = `${countOf(total.connections, 'connection')}, ${formatBytes(total.sourceBytes + total.destinationBytes)}, ${formatBytes(total.lostBytes)} lost. `;
    const shown = found > edges.length ? `The first ${edges.length} of ${countOf(found, 'pair')}.` : '';
    return [
      controls,
      ...(isPartial
        ? [remark('There are more pairs than are looked at: choose a shorter time or a namespace.')]
        : []),
      element('p', { class: 'legend' }, sum, shown),
      talkers(edges, tools),
    ];
  },
});

function levelOf(level: string): string {
  return level === '' ? 'service' : level;
}

function talkers(edges: readonly Edge[], tools: Tools): HTMLElement {
  const flowsOf = (end: End, side: 'source' | 'destination'): Node =>
    tools.link(endName(end), { view: 'flows', [side]: endId(end) });
  return table(
    'Pairs by bytes in both directions',
    [
      { title: 'From', isName: true, cell: ({ source }) => flowsOf(source, 'source') },
      { title: 'To', isName: true, cell: ({ destination }) => flowsOf(destination, 'destination') },
      { title: 'Port', isNumber: true, cell: ({ port }) => (port === undefined ? '' : String(port)) },
      { title: 'Protocol', cell: ({ transport }) => transport ?? '' },
      { title: 'Connections', isNumber: true, cell: ({ volume }) => formatCount(volume.connections) },
      { title: 'Sent', isNumber: true, cell: ({ volume }) => formatBytes(volume.sourceBytes) },
      { title: 'Answered', isNumber: true, cell: ({ volume }) => formatBytes(volume.destinationBytes) },
      {
        title: 'Packets',
        isNumber: true,
        isMinor: true,
        cell: ({ volume }) =>
          `${formatCount(volume.sourcePackets)} / ${formatCount(volume.destinationPackets)}`,
      },
      { title: 'Lost', isNumber: true, cell: ({ volume }) => formatBytes(volume.lostBytes) },
      {
        title: 'Repeated',
        isNumber: true,
        isMinor: true,
        cell: ({ volume }) => formatBytes(volume.repeatedBytes),
      },
    ],
    edges,
  );
}
