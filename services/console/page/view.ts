import type { PageState, StateChange } from './state.ts';

/** What a view may do beside drawing. */
export interface Tools {
  readonly state: PageState;
  readonly go: (change: StateChange) => void;
  /** A link to the state with a change; it can be opened in another tab. */
  readonly link: (
    text: string | Node,
    change: StateChange,
    attributes?: Readonly<Record<string, string>>,
  ) => HTMLElement;
}

/** One page of the console. */
export interface View<Data = unknown> {
  readonly title: string;
  readonly load: (state: PageState, signal: AbortSignal) => Promise<Data>;
  readonly draw: (data: Data, tools: Tools) => readonly Node[];
}

/** Hides what is loaded from those who only switch between views. */
export function view<Data>(of: View<Data>): View {
  return of as View;
}
