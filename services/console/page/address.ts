import type { PageState } from './state.ts';
import { formatState, parseState } from './state.ts';

/** What the server says of itself. */
export interface About {
  readonly version: string;
  readonly source: string;
  /** What is shown where the URL says no time. */
  readonly last: string;
  /** Seconds between two refreshes where it does not say them. */
  readonly refresh: string;
}

/** The state that the query of a URL stands for. */
export function readAddress(search: string, about: About): PageState {
  const state = parseState(search);
  const hasTime = state.last !== '' || state.from !== '' || state.to !== '';
  return {
    ...state,
    last: hasTime ? state.last : about.last,
    refresh: state.refresh || about.refresh,
  };
}

/** The query of a URL for a state, without what it would stand for anyway. */
export function writeAddress(state: PageState, { last, refresh }: About): string {
  return formatState({
    ...state,
    last: state.last === last ? '' : state.last,
    refresh: state.refresh === refresh ? '' : state.refresh,
  });
}
