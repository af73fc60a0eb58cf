import { choice } from './choice.ts';
import { now } from './clock.ts';
import { element } from './element.ts';
import type { PageState, StateChange } from './state.ts';

const SPANS = [
  ['5m', 'last 5 minutes'],
  ['15m', 'last 15 minutes'],
  ['1h', 'last hour'],
  ['6h', 'last 6 hours'],
  ['24h', 'last 24 hours'],
  ['7d', 'last 7 days'],
  ['all', 'all there is'],
] as const;

const OWN = 'own';

/** Of what time, and how often the page asks anew. */
export function timeBar(
  state: PageState,
  usualRefresh: string,
  go: (change: StateChange) => void,
): readonly HTMLElement[] {
  const isOwn = state.from !== '' || state.to !== '';
  const span = choice('Time', isOwn ? OWN : state.last, [...SPANS, [OWN, 'from … to …']], (value) => {
    if (value !== OWN) return go({ last: value, from: '', to: '', after: '' });
    const toMs = now();
    go({
      from: new Date(toMs - 3_600_000).toISOString(),
      to: new Date(toMs).toISOString(),
      after: '',
      refresh: '0',
    });
  });
  const isPaused = state.refresh === '0';
  const pause = element(
    'button',
    {
      ...{ type: 'button', 'data-key': 'pause', 'aria-pressed': String(isPaused) },
      onclick: () => go({ refresh: isPaused ? usualRefresh : '0' }),
    },
    isPaused ? 'Paused' : 'Pause',
  );
  const every = choice(
    'Refresh',
    state.refresh,
    [
      ['5', 'every 5 s'],
      ['30', 'every 30 s'],
      ['300', 'every 5 min'],
      ['0', 'never'],
    ],
    (value) => go({ refresh: value }),
  );
  return [
    span,
    ...(isOwn ? [moment('From', 'from', state, go), moment('To', 'to', state, go)] : []),
    every,
    pause,
  ];
}

function moment(
  label: string,
  key: 'from' | 'to',
  state: PageState,
  go: (change: StateChange) => void,
): HTMLElement {
  return element(
    'label',
    {},
    `${label} `,
    element('input', {
      ...{ type: 'datetime-local', step: 1, value: localTime(state[key]), 'data-key': key },
      onchange: (event) => {
        const time = new Date((event.target as HTMLInputElement).value);
        go({ [key]: Number.isNaN(time.getTime()) ? '' : time.toISOString(), after: '' });
      },
    }),
  );
}

/** As the field takes it: without a zone, in that of this person. */
function localTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return '';
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
