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
import type { ProbeHealth } from './probe-health.ts';
import { healthOf } from './probe-health.ts';

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
    const numberOf = (word: ProbeHealth): number => rows.filter(({ health }) => health === word).length;
    const counts = [
      `${numberOf('well')} well`,
      `${numberOf('loses')} with losses`,
      `${numberOf('blind')} that capture nothing`,
      `${numberOf('silent')} silent`,
      `${numberOf('ended')} ended`,
    ];
    const summary = `${countOf(probes.length, 'probe')}: ${counts.join(', ')}.`;
    return [
      ...(isPartial ? [remark('There are more probes than are shown.')] : []),
      element('p', { class: 'legend' }, summary),
      table(
        'Probes as they last said they are; counters are since their start',
        [
          { title: 'Probe', cell: ({ probe }) => nameOf(probe) },
          {
            title: 'Health',
            cell: ({ health }) => element('span', { class: `health ${health}` }, WORDS[health]),
          },
          { title: 'Heard of', isNumber: true, cell: ({ probe }) => heard(probe, nowMs) },
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

const WORDS: Readonly<Record<ProbeHealth, string>> = {
  well: '✓ well',
  loses: '! losses',
  blind: '✗ captures nothing',
  silent: '? silent',
  ended: '■ ended',
};

function nameOf({ namespace, name }: ProbeState): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function heard({ lastHeartbeat, started }: ProbeState, nowMs: number): Node {
  const age = formatAge(nowMs - Date.parse(lastHeartbeat));
  const title = `Last ${formatTime(lastHeartbeat)}${started === undefined ? '' : `, running since ${formatTime(started)}`}`;
  return element('time', { datetime: lastHeartbeat, title }, `${age} ago`);
}

function causes({ counters, error }: ProbeState): Node {
  const found = troubles(counters);
  if (found.length === 0 && error === undefined) return element('span', {}, 'nothing');
  const items = found.map(({ count, meaning, counter, isLoss }) =>
    element(
      'li',
      { class: isLoss ? 'notable' : undefined, title: counter },
      `${formatCount(count)} ${meaning}`,
    ),
  );
  const why = error !== undefined && element('li', { class: 'notable' }, error);
  return element('ul', { class: 'causes' }, why, ...items);
}
