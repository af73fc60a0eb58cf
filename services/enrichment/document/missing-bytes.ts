import { RecentMap } from '../recent-map.ts';

interface Missing {
  /** The window whose end this is about. */
  readonly window: string;
  readonly source: number;
  readonly destination: number;
  /** How it stood before that window. */
  readonly before: { readonly source: number; readonly destination: number };
}

const NOTHING = { source: 0, destination: 0 };

/**
 * Remembers what was missing of a flow when a window ended, since records say how it stands and not how it changed. Flows
 * that miss nothing, which are nearly all, take no memory. A record that is sent again gives the same again.
 */
export class MissingBytes {
  readonly #flows: RecentMap<Missing>;

  constructor(capacity: number) {
    this.#flows = new RecentMap(capacity);
  }

  get size(): number {
    return this.#flows.size;
  }

  /** What was missing in both directions before this window. */
  before(flow: string, window: string, source: number, destination: number): typeof NOTHING {
    const known = this.#flows.size === 0 ? undefined : this.#flows.get(flow);
    if (known === undefined && source + destination === 0) return NOTHING;
    if (known?.window === window) return known.before;
    const before = known === undefined ? NOTHING : { source: known.source, destination: known.destination };
    if (source + destination + before.source + before.destination === 0) this.#flows.delete(flow);
    else this.#flows.set(flow, { window, source, destination, before });
    return before;
  }
}
