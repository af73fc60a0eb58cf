import type { ProbeState, Probes } from '../../flow-source.ts';
import { ask } from '../ask.ts';
import { now } from '../clock.ts';
import { element } from '../element.ts';
import { countOf, formatAge, formatBytes, formatCount, formatTime } from '../format.ts';
import { notice, remark } from '../notice.ts';
import { timeQuestionOf } from '../state.ts';
import { table } from '../table.ts';
import { view } from '../view.ts';
import { troubles } from './drop-causes.ts';

/** A probe that says nothing for so long is not well: it says something every minute. */
const SILENT_MS = 180_000;

interface Health {
  readonly word: 'well' | 'loses' | 'silent' | 'ended';
  readonly age: string;
}

interface ProbesData extends Probes {
  readonly nowMs: number;
}

/** Every probe as it was last, and what it dropped. */
export const probesView = view<ProbesData>({
  title: 'Probes',
  async load(state, signal) {
    const probes = await ask<Probes>('probes', timeQuestionOf(state), signal);
    return { ...probes, nowMs: now() };
  },
  draw({ probes, isPartial, nowMs }) {
    if (probes.length === 0) return [noProbes()];
    const rows = probes.map((probe) => ({ probe, health: healthOf(probe, nowMs) }));
    const numberOf = (word: Health['word']): number =>
      rows.filter(({ health }) => health.word === word).length;
    const summary = `${countOf(probes.length, 'probe')}: ${numberOf('well')} well, ${numberOf('loses')} with losses, ${numberOf('silent')} silent, ${numberOf('ended')} ended.`;
    return [
      ...(isPartial ? [remark('There are more probes than are shown.')] : []),
      element('p', { class: 'legend' }, summary),
      table(
        'Probes as they last said they are; counters are since their start',
        [
          { title: 'Probe', cell: ({ probe }) => nameOf(probe) },
          {
            title: 'Health',
            cell: ({ health }) =>
              element('span', { class: `health ${health.word}` }, healthWord(health.word)),
          },
          { title: 'Heard of', isNumber: true, cell: ({ probe, health }) => heard(probe, health) },
          { title: 'Node', isMinor: true, cell: ({ probe }) => probe.node ?? '' },
          {
            title: 'Packets',
            isNumber: true,
            cell: ({ probe }) => formatCount(probe.counters['capture.packets'] ?? 0),
          },
          {
            title: 'Flows now',
            isNumber: true,
            isMinor: true,
            cell: ({ probe }) => formatCount(probe.counters['flow.live'] ?? 0),
          },
          {
            title: 'Memory',
            isNumber: true,
            isMinor: true,
            cell: ({ probe }) => formatBytes(probe.counters['process.memory_bytes'] ?? 0),
          },
          { title: 'Dropped, by cause', cell: ({ probe }) => causes(probe) },
          { title: 'Version', isMinor: true, cell: ({ probe }) => probe.version ?? '' },
        ],
        rows,
      ),
    ];
  },
});

function noProbes(): HTMLElement {
  return notice(
    'No probe has said anything in this time',
    'Choose a longer time above.',
    'Probes that deliver to flowtap enrichment say how they are every minute. A recorded demo has none.',
  );
}

function healthOf(probe: ProbeState, nowMs: number): Health {
  const ageMs = nowMs - Date.parse(probe.lastHeartbeat);
  const age = formatAge(ageMs);
  if (probe.isFinal) return { word: 'ended', age };
  if (ageMs > SILENT_MS) return { word: 'silent', age };
  return { word: troubles(probe.counters).some(({ isLoss }) => isLoss) ? 'loses' : 'well', age };
}

function healthWord(word: Health['word']): string {
  return { well: '✓ well', loses: '! losses', silent: '? silent', ended: '■ ended' }[word];
}

function nameOf({ namespace, name }: ProbeState): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function heard({ lastHeartbeat, started }: ProbeState, { age }: Health): Node {
  const title = `Last ${formatTime(lastHeartbeat)}${started === undefined ? '' : `, running since ${formatTime(started)}`}`;
  return element('time', { datetime: lastHeartbeat, title }, `${age} ago`);
}

function causes({ counters }: ProbeState): Node {
  const found = troubles(counters);
  if (found.length === 0) return element('span', {}, 'nothing');
  const items = found.map(({ count, meaning, counter, isLoss }) =>
    element(
      'li',
      { class: isLoss ? 'notable' : undefined, title: counter },
      `${formatCount(count)} ${meaning}`,
    ),
  );
  return element('ul', { class: 'causes' }, ...items);
}
