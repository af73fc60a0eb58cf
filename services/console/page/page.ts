import type { Names } from '../flow-source.ts';
import type { About } from './address.ts';
import { readAddress, writeAddress } from './address.ts';
import { ask } from './ask.ts';
import { now } from './clock.ts';
import { element } from './element.ts';
import { filterBar, knownNames } from './filter-bar.ts';
import { flowView } from './flows/flow-view.ts';
import { flowsView } from './flows/flows-view.ts';
import { formatTime } from './format.ts';
import { keepPlace } from './keep-place.ts';
import { mapView } from './map/map-view.ts';
import { notice } from './notice.ts';
import { probesView } from './probes/probes-view.ts';
import { splitView } from './split/split-view.ts';
import type { PageState, StateChange } from './state.ts';
import { changeState, timeQuestionOf } from './state.ts';
import { talkersView } from './talkers-view.ts';
import { themeButton } from './theme.ts';
import { timeBar } from './time-bar.ts';
import type { Tools, View } from './view.ts';

const VIEWS: Readonly<Record<string, View>> = {
  map: mapView,
  split: splitView,
  talkers: talkersView,
  flows: flowsView,
  flow: flowView,
  probes: probesView,
};
/** Those with a place in the navigation. */
const NAVIGATION = ['map', 'split', 'talkers', 'flows', 'probes'] as const;
const FILTERED: readonly string[] = ['map', 'split', 'talkers', 'flows'];

/** What only changes the drawing needs no new answer. */
const DRAWING_ONLY: readonly string[] = ['weight', 'open', 'find', 'picked', 'weights', 'refresh'];

const SLOW_MS = 300;
const NAMES_EVERY_MS = 60_000;

/** The page: its state is the URL's, and what it shows is what the view of that state draws. */
export class Page {
  readonly #about: About;
  #state: PageState;
  #data: { readonly view: string; readonly answer: unknown } | undefined;
  #loading: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #namesAtMs = 0;
  readonly #navigation = element('nav', { 'aria-label': 'Views' });
  readonly #bar = element('div', { class: 'bar' });
  readonly #filters = element('div', {});
  readonly #names = element('div', {});
  readonly #status = element('p', { class: 'status' });
  readonly #main = element('main', { id: 'main', tabindex: -1 });

  constructor(body: HTMLElement, about: About) {
    this.#about = about;
    this.#state = this.#read();
    body.replaceChildren(
      element('a', { class: 'skip', href: '#main' }, 'To the content'),
      element(
        'header',
        {},
        element('h1', {}, 'flowtap'),
        this.#navigation,
        element('div', { class: 'right' }, themeButton()),
      ),
      this.#bar,
      this.#filters,
      this.#names,
      this.#status,
      this.#main,
      element('footer', {}, `flowtap ${about.version}, flows from ${about.source}.`),
    );
  }

  start(): void {
    addEventListener('popstate', () => this.#show(this.#read()));
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.#state.refresh !== '0') void this.#load();
    });
    this.#drawFrame();
    void this.#load();
  }

  #read(): PageState {
    const state = readAddress(location.search, this.#about);
    return Object.hasOwn(VIEWS, state.view) ? state : { ...state, view: 'map' };
  }

  readonly #go = (change: StateChange): void => {
    const next = changeState(this.#state, change);
    const address = writeAddress(next, this.#about);
    // While somebody types, only the last text is worth a step of the history.
    const isTyping = Object.keys(change).join() === 'find';
    if (address !== (location.search || '?'))
      history[isTyping ? 'replaceState' : 'pushState'](undefined, '', address);
    this.#show(next);
  };

  #show(next: PageState): void {
    const changed = (Object.keys(next) as (keyof PageState)[]).filter(
      (key) => next[key] !== this.#state[key],
    );
    const isOtherView = next.view !== this.#state.view;
    this.#state = next;
    this.#drawFrame();
    const isSameData = changed.every((key) => DRAWING_ONLY.includes(key)) && this.#data?.view === next.view;
    if (isSameData) {
      this.#drawData();
      this.#schedule();
      return;
    }
    if (isOtherView) {
      this.#data = undefined;
      scrollTo(0, 0);
    }
    void this.#load();
  }

  /** Asks for what the view shows, draws it, and comes again after a while. */
  async #load(): Promise<void> {
    this.#loading?.abort();
    clearTimeout(this.#timer);
    const loading = new AbortController();
    this.#loading = loading;
    const { view } = this.#state;
    const slow = setTimeout(() => this.#say('Asking …'), SLOW_MS);
    try {
      const answer = await VIEWS[view].load(this.#state, loading.signal);
      if (loading.signal.aborted) return;
      this.#data = { view, answer };
      this.#drawData();
      this.#say(`As of ${formatTime(new Date(now()).toISOString())}`);
      void this.#loadNames();
    } catch (error) {
      if (loading.signal.aborted) return;
      this.#drawFailure(error as Error);
    } finally {
      clearTimeout(slow);
      if (!loading.signal.aborted) this.#schedule();
    }
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const seconds = Number(this.#state.refresh);
    if (!(seconds > 0)) return;
    this.#timer = setTimeout(() => {
      if (!document.hidden) void this.#load();
    }, seconds * 1000);
  }

  /** What the filters' fields propose; the page works without. */
  async #loadNames(): Promise<void> {
    if (now() - this.#namesAtMs < NAMES_EVERY_MS) return;
    this.#namesAtMs = now();
    const { namespaces, services } = await ask<Names>('names', timeQuestionOf(this.#state)).catch(() => ({
      namespaces: [],
      services: [],
    }));
    this.#names.replaceChildren(
      ...knownNames(
        namespaces,
        services.map(({ namespace, name }) => `${namespace}/${name}`),
      ),
    );
  }

  #drawFrame(): void {
    const { view } = this.#state;
    document.title = `${VIEWS[view].title} – flowtap`;
    const places = [this.#navigation, this.#bar, this.#filters].map((root) => keepPlace(root));
    const isOpen = this.#filters.querySelector('details')?.open ?? false;
    const isHere = (name: string): boolean => view === name || (view === 'flow' && name === 'flows');
    this.#navigation.replaceChildren(
      ...NAVIGATION.map((name) =>
        this.#link(VIEWS[name].title, { view: name }, isHere(name) ? { 'aria-current': 'page' } : {}),
      ),
    );
    this.#bar.replaceChildren(...timeBar(this.#state, this.#about.refresh, this.#go));
    this.#filters.replaceChildren(
      ...(FILTERED.includes(view) ? [filterBar(this.#state, isOpen, this.#go)] : []),
    );
    for (const [index, root] of [this.#navigation, this.#bar, this.#filters].entries())
      places[index].restore(root);
  }

  #drawData(): void {
    if (this.#data === undefined) return;
    const place = keepPlace(this.#main);
    this.#main.replaceChildren(...VIEWS[this.#data.view].draw(this.#data.answer, this.#tools()));
    place.restore(this.#main);
  }

  #drawFailure(error: Error): void {
    this.#say(`Not refreshed: ${error.message}`, 'polite');
    // What is there stays: old numbers are better than none, and the line above says that they are.
    if (this.#data?.view === this.#state.view) return;
    const again = element('button', { type: 'button', onclick: () => void this.#load() }, 'Try again');
    this.#main.replaceChildren(notice('This cannot be shown now', error.message, again));
  }

  /** @param live `polite` for what readers of screens are to be told at once */
  #say(text: string, live: 'polite' | 'off' = 'off'): void {
    if (this.#status.textContent === text) return;
    this.#status.setAttribute('aria-live', live);
    this.#status.textContent = text;
  }

  #tools(): Tools {
    return {
      state: this.#state,
      go: this.#go,
      link: (text, change, attributes) => this.#link(text, change, attributes),
    };
  }

  #link(
    text: string | Node,
    change: StateChange,
    attributes: Readonly<Record<string, string>> = {},
  ): HTMLElement {
    const href = writeAddress(changeState(this.#state, change), this.#about);
    const follow = (event: Event): void => {
      const isPlain =
        event instanceof MouseEvent &&
        event.button === 0 &&
        !event.ctrlKey &&
        !event.metaKey &&
        !event.shiftKey;
      if (!isPlain) return;
      event.preventDefault();
      this.#go(change);
    };
    return element('a', { href, 'data-key': `link ${href}`, onclick: follow, ...attributes }, text);
  }
}
