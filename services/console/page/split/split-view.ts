import type { Names, Split } from '../../flow-source.ts';
import { ask } from '../ask.ts';
import { choice } from '../choice.ts';
import { element, svgElement } from '../element.ts';
import { countOf, formatBytes, formatCount, formatPercent, formatPoints } from '../format.ts';
import { nothingFound, notice, remark } from '../notice.ts';
import { questionOf, timeQuestionOf } from '../state.ts';
import { table } from '../table.ts';
import type { Tools } from '../view.ts';
import { view } from '../view.ts';
import type { Grouping, Share } from './shares.ts';
import { readWeights, sharesBy } from './shares.ts';

interface SplitData {
  readonly names: Names;
  readonly service: string;
  readonly split: Split | undefined;
}

/** How a service's traffic is split over its pods, nodes and versions. */
export const splitView = view<SplitData>({
  title: 'Split',
  async load(state, signal) {
    const names = await ask<Names>('names', timeQuestionOf(state), signal);
    const [first] = names.services.map(({ namespace, name }) => `${namespace}/${name}`);
    const service = state.of || state.service || first;
    if (service === undefined) return { names, service: '', split: undefined };
    const question = questionOf({ ...state, service }, { by: state.by, calls: state.calls });
    return { names, service, split: await ask<Split>('split', question, signal) };
  },
  draw({ names, service, split }, tools) {
    if (split === undefined) return [nothingFound('service')];
    if (split.pods.length === 0)
      return [controls(names, service, split, tools), nothingFound(`traffic of ${service}`)];
    const weights = readWeights(tools.state.weights);
    const groupings: readonly (readonly [Grouping, string])[] = [
      ['pod', 'Pods'],
      ['version', 'Versions'],
      ['node', 'Nodes'],
      ...(tools.state.by === '' ? [] : ([['label', `Label ${tools.state.by}`]] as const)),
    ];
    return [
      controls(names, service, split, tools),
      ...(weights === undefined
        ? [notice('These weights cannot be read', 'Write each as name=weight, such as v1=90 v2=10.')]
        : []),
      ...(split.isPartial ? [remark('There are more pods than are looked at: numbers are of a part.')] : []),
      element('p', { class: 'legend' }, explanation(service, split)),
      ...groupings.map(([grouping, title]) =>
        sharesTable(title, sharesBy(split.pods, grouping, weights ?? new Map())),
      ),
    ];
  },
});

function controls(names: Names, service: string, split: Split, tools: Tools): HTMLElement {
  const services = names.services.map(({ namespace, name }) => `${namespace}/${name}`);
  const calls = [
    ['auto', 'through the service, if any'],
    ['service', 'through the service'],
    ['all', 'all'],
  ] as const;
  const labels = [['', 'none'] as const, ...split.labels];
  return element(
    'div',
    { class: 'controls' },
    choice('Service', service, services, (value) => tools.go({ of: value, by: '', weights: '' })),
    choice('Calls', tools.state.calls, calls, (value) => tools.go({ calls: value })),
    choice('By label', tools.state.by, labels, (value) => tools.go({ by: value })),
    element(
      'label',
      {},
      'Weights ',
      element('input', {
        ...{
          value: tools.state.weights,
          size: 16,
          placeholder: 'v1=90 v2=10',
          'data-key': 'weights',
          autocomplete: 'off',
        },
        onchange: (event) => tools.go({ weights: (event.target as HTMLInputElement).value }),
      }),
    ),
  );
}

function explanation(service: string, { calls }: Split): string {
  const what =
    calls === 'service'
      ? `Calls of ${service} through its address, which the node spreads over its pods.`
      : `All that reached the pods of ${service}, also at their own addresses.`;
  return `${what} Expected is an equal split over the pods that got something, or the given weights. Deviation is in percentage points; beyond ± it is hardly chance.`;
}

function sharesTable(title: string, shares: readonly Share[]): HTMLElement {
  return table(
    title,
    [
      { title: title.startsWith('Label') ? 'Value' : title.slice(0, -1), cell: ({ name }) => name },
      { title: 'Connections', isNumber: true, cell: ({ connections }) => formatCount(connections) },
      { title: 'Share', isNumber: true, cell: ({ share }) => formatPercent(share) },
      { title: 'Share and expected', isMinor: true, cell: shareBar },
      { title: 'Expected', isNumber: true, cell: ({ expected }) => formatPercent(expected) },
      { title: 'Deviation', isNumber: true, cell: deviation },
      { title: '±', isNumber: true, isMinor: true, cell: ({ chance }) => (chance * 100).toFixed(1) },
      { title: 'Bytes', isNumber: true, cell: ({ bytes }) => formatBytes(bytes) },
      {
        title: 'Of bytes',
        isNumber: true,
        isMinor: true,
        cell: ({ bytesShare }) => formatPercent(bytesShare),
      },
    ],
    shares,
  );
}

function deviation({ share, expected, chance }: Share): Node {
  const difference = share - expected;
  const isMore = Math.abs(difference) > chance;
  return element(
    'span',
    { class: isMore ? 'notable' : undefined },
    `${formatPoints(difference)}${isMore ? ' !' : ''}`,
  );
}

const BAR_WIDTH = 140;

function shareBar({ name, share, expected, pods }: Share): Node {
  const label = `${name}: ${formatPercent(share)}, expected ${formatPercent(expected)}, ${countOf(pods, 'pod')}`;
  const at = Math.round(expected * BAR_WIDTH);
  return svgElement(
    'svg',
    { class: 'bar', width: BAR_WIDTH, height: 16, role: 'img', 'aria-label': label },
    svgElement('rect', { class: 'all', width: BAR_WIDTH, height: 10, y: 3 }),
    svgElement('rect', { class: 'share', width: Math.round(share * BAR_WIDTH), height: 10, y: 3 }),
    svgElement('line', { class: 'expected', x1: at, x2: at, y1: 0, y2: 16 }),
  );
}
