import type { FlowDocument, FlowHistory } from '../../flow-source.ts';
import { ask } from '../ask.ts';
import { element } from '../element.ts';
import { formatBytes, formatCount, formatTime } from '../format.ts';
import { notice, remark } from '../notice.ts';
import { timeQuestionOf } from '../state.ts';
import { table } from '../table.ts';
import { view } from '../view.ts';
import { explainFlow } from './explain-flow.ts';
import { numberOf, textOf } from './fields.ts';

/** One flow in words, and its windows. */
export const flowView = view<FlowHistory>({
  title: 'Flow',
  load: (state, signal) => ask('flow', `${timeQuestionOf(state)}&id=${encodeURIComponent(state.id)}`, signal),
  draw({ documents, peers, isPartial }, tools) {
    const back = element('p', { class: 'actions' }, tools.link('All flows', { view: 'flows' }));
    if (documents.length === 0) {
      const sentence =
        'It may be older than the time that is shown, or too old to be kept. Choose a longer time above.';
      return [back, notice('This flow is not here', sentence)];
    }
    const explanations = explainFlow(documents, peers).map(({ title, sentences }) =>
      element(
        'section',
        {},
        element('h3', {}, title),
        ...sentences.map((sentence) => element('p', {}, sentence)),
      ),
    );
    return [
      back,
      element('h2', {}, textOf(documents.at(-1)!, 'message') ?? 'A flow'),
      ...(isPartial ? [remark('Of very many windows the newest are looked at: sums are of these.')] : []),
      element('div', { class: 'explanations' }, ...explanations),
      windows(documents),
      element(
        'details',
        { 'data-key': 'document' },
        element('summary', {}, 'The newest document as it is stored'),
        element('pre', { tabindex: 0 }, JSON.stringify(documents.at(-1), undefined, 2)),
      ),
    ];
  },
});

function windows(documents: readonly FlowDocument[]): HTMLElement {
  const bytes = (path: string) => (document: FlowDocument) => {
    const value = numberOf(document, path);
    return value === undefined ? '–' : formatBytes(value);
  };
  const count = (path: string) => (document: FlowDocument) => formatCount(numberOf(document, path) ?? 0);
  return table(
    'Windows',
    [
      { title: 'Until', cell: (document) => formatTime(textOf(document, '@timestamp') ?? '') },
      { title: 'Sent', isNumber: true, cell: bytes('source.bytes') },
      { title: 'Answered', isNumber: true, cell: bytes('destination.bytes') },
      { title: 'Packets sent', isNumber: true, isMinor: true, cell: count('source.packets') },
      { title: 'Packets answered', isNumber: true, isMinor: true, cell: count('destination.packets') },
      { title: 'Lost on the way there', isNumber: true, cell: bytes('flowtap.loss.source.bytes') },
      { title: 'Lost on the way back', isNumber: true, cell: bytes('flowtap.loss.destination.bytes') },
    ],
    documents.toReversed(),
  );
}
