import type { FlowRow, FlowRowEnd } from '../../flow-source.ts';
import { ask } from '../ask.ts';
import { choice } from '../choice.ts';
import { element } from '../element.ts';
import { endName } from '../end-name.ts';
import { countOf, formatBytes, formatEndpoint, formatTime } from '../format.ts';
import { nothingFound } from '../notice.ts';
import { questionOf } from '../state.ts';
import { table } from '../table.ts';
import type { Tools } from '../view.ts';
import { view } from '../view.ts';

/** As the API gives it: the cursor is a text. */
interface FlowsAnswer {
  readonly flows: readonly FlowRow[];
  readonly next?: string;
  readonly found: number;
}

/** Single flows, a row for each window. */
export const flowsView = view<FlowsAnswer>({
  title: 'Flows',
  load: ({ ...state }, signal) =>
    ask('flows', questionOf(state, { sort: state.sort, after: state.after }), signal),
  draw({ flows, next, found }, tools) {
    const { sort, after } = tools.state;
    const order = choice(
      'Order',
      sort,
      [
        ['time', 'newest first'],
        ['bytes', 'most bytes first'],
      ],
      (value) => tools.go({ sort: value, after: '' }),
    );
    const controls = element('div', { class: 'controls' }, order);
    if (flows.length === 0) return [controls, nothingFound('flow')];
    return [
      controls,
      element(
        'p',
        { class: 'legend' },
        `${countOf(found, 'record')}; a flow has one for each window in which it was seen.`,
      ),
      flowTable(flows, tools),
      element(
        'nav',
        { class: 'pages', 'aria-label': 'Pages' },
        after !== '' && tools.link('First page', { after: '' }, { class: 'button' }),
        next !== undefined && tools.link('Next page', { after: next, refresh: '0' }, { class: 'button' }),
      ),
    ];
  },
});

function flowTable(flows: readonly FlowRow[], tools: Tools): HTMLElement {
  return table(
    'Flows',
    [
      {
        title: 'Time',
        cell: ({ at, flowId }) =>
          tools.link(element('time', { datetime: at }, formatTime(at)), { view: 'flow', id: flowId }),
      },
      { title: 'Protocol', cell: ({ transport }) => transport ?? '' },
      { title: 'From', isName: true, cell: ({ source }) => flowEnd(source) },
      { title: 'To', isName: true, cell: ({ destination }) => flowEnd(destination) },
      { title: 'Sent', isNumber: true, cell: ({ source }) => formatBytes(source.bytes) },
      { title: 'Answered', isNumber: true, cell: ({ destination }) => formatBytes(destination.bytes) },
      { title: 'Lost', isNumber: true, isMinor: true, cell: ({ lostBytes }) => formatBytes(lostBytes) },
      { title: 'End', isMinor: true, cell: ({ endReason }) => endReason ?? '' },
    ],
    flows,
  );
}

function flowEnd(end: FlowRowEnd): Node {
  const address = end.ip === undefined ? '' : formatEndpoint(end.ip, end.port);
  if (end.kind === 'address') return element('span', {}, address);
  return element('span', {}, endName(end), ' ', element('small', {}, address));
}
