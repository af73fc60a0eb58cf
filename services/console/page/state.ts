/** What the page shows: all of it is in the URL, so that Back, reload and a link to a colleague work. */
export type PageState = Readonly<Record<StateKey, string>>;

/** With what a URL without the parameter means. Of `last` and `refresh` the server says it. */
const DEFAULTS = {
  view: 'map',
  last: '',
  from: '',
  to: '',
  /** Seconds between two refreshes; 0 for none. */
  refresh: '',
  level: 'service',
  weight: 'bytes',
  /** Namespaces that the map shows open, with commas; `*` for all, `-` for none. */
  open: '',
  find: '',
  picked: '',
  of: '',
  by: '',
  calls: 'auto',
  weights: '',
  sort: 'time',
  after: '',
  id: '',
  namespace: '',
  pod: '',
  service: '',
  source: '',
  destination: '',
  label: '',
  address: '',
  port: '',
  transport: '',
} as const;

export type StateKey = keyof typeof DEFAULTS;
export type StateChange = Partial<PageState>;

export const FILTER_KEYS = [
  'namespace',
  'pod',
  'service',
  'label',
  'address',
  'port',
  'transport',
  'source',
  'destination',
] as const satisfies readonly StateKey[];

const KEYS = Object.keys(DEFAULTS) as StateKey[];

/** Reads the query of a URL; what it does not know is left out. */
export function parseState(search: string): PageState {
  const parameters = new URLSearchParams(search);
  return Object.fromEntries(KEYS.map((key) => [key, parameters.get(key) ?? DEFAULTS[key]])) as PageState;
}

/** The query of a URL, without what it would mean anyway. */
export function formatState(state: PageState): string {
  const parameters = new URLSearchParams();
  for (const key of KEYS) if (state[key] !== DEFAULTS[key]) parameters.set(key, state[key]);
  const text = parameters.toString();
  return text === '' ? '?' : `?${text}`;
}

/** Another view of the same time and filters: what only the former view knew is forgotten. */
export function changeState(state: PageState, change: StateChange): PageState {
  const isElsewhere = change.view !== undefined && change.view !== state.view;
  const kept = isElsewhere ? { ...state, after: '', id: '', picked: '' } : state;
  return { ...kept, ...change };
}

/** The parameters of a question to the server: the time, the filters, and those of the view. */
export function questionOf(state: PageState, more: Readonly<Record<string, string>> = {}): string {
  const parameters = new URLSearchParams();
  const time = state.from === '' && state.to === '' ? (['last'] as const) : (['from', 'to'] as const);
  for (const key of [...time, ...FILTER_KEYS]) if (state[key] !== '') parameters.set(key, state[key]);
  for (const [key, value] of Object.entries(more)) if (value !== '') parameters.set(key, value);
  return parameters.toString();
}

/** Only the time, for questions that filters do not concern. */
export function timeQuestionOf({ last, from, to }: PageState): string {
  return questionOf({ ...DEFAULTS, last, from, to });
}
