import type { Clock } from '../clock.ts';
import type { ResourceKind } from './resource-kind.ts';

/** Told what a list-watch does, to count it and to know whether it is in step with the server. */
export interface ListWatchObserver {
  listed(resource: ResourceKind, objects: number): void;
  connected(resource: ResourceKind): void;
  disconnected(resource: ResourceKind): void;
  progressed(resource: ResourceKind, type: string): void;
  failed(resource: ResourceKind): void;
  badLine(resource: ResourceKind): void;
  /** Events may have been missed, so a list follows. */
  lost(resource: ResourceKind): void;
}

/** How a kind's list-watch does. */
export interface ListWatchState {
  lists: number;
  watches: number;
  events: number;
  bookmarks: number;
  failures: number;
  badLines: number;
  /** Lists because events may have been missed. */
  relists: number;
  objects: number;
  isConnected: boolean;
  /** When the server last gave a list, an event or a bookmark. */
  lastProgressMs: number | undefined;
}

/** Keeps each kind's state, for metrics and readiness. */
export class ListWatchStates implements ListWatchObserver {
  readonly #clock: Clock;
  readonly #states = new Map<string, ListWatchState>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(resource: ResourceKind): Readonly<ListWatchState> {
    return this.#state(resource);
  }

  listed(resource: ResourceKind, objects: number): void {
    const state = this.#state(resource);
    state.lists++;
    state.objects = objects;
    state.lastProgressMs = this.#clock.now();
  }

  connected(resource: ResourceKind): void {
    const state = this.#state(resource);
    state.watches++;
    state.isConnected = true;
  }

  disconnected(resource: ResourceKind): void {
    this.#state(resource).isConnected = false;
  }

  progressed(resource: ResourceKind, type: string): void {
    const state = this.#state(resource);
    if (type === 'BOOKMARK') state.bookmarks++;
    else state.events++;
    state.lastProgressMs = this.#clock.now();
  }

  failed(resource: ResourceKind): void {
    this.#state(resource).failures++;
  }

  badLine(resource: ResourceKind): void {
    this.#state(resource).badLines++;
  }

  lost(resource: ResourceKind): void {
    this.#state(resource).relists++;
  }

  #state({ kind }: ResourceKind): ListWatchState {
    let state = this.#states.get(kind);
    if (state === undefined) {
      state = {
        ...{
          lists: 0,
          watches: 0,
          events: 0,
          bookmarks: 0,
          failures: 0,
          badLines: 0,
          relists: 0,
          objects: 0,
        },
        isConnected: false,
        lastProgressMs: undefined,
      };
      this.#states.set(kind, state);
    }
    return state;
  }
}
