import type { LossExchange, LossObservation, ObservationKey, PublishedObservation } from './loss-exchange.ts';
import { ObservationRows } from './observation-rows.ts';

/** Windows that are remembered: the two ends' records of one come within seconds. */
const MOST_WINDOWS = 8;

/** The exchange of one enrichment, in its memory. Whole windows are forgotten, the one that came first before the others. */
export class MemoryLossExchange implements LossExchange {
  readonly #capacity: number;
  readonly #windows = new Map<string, ObservationRows>();

  /** @param capacity connections in all windows */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    let size = 0;
    for (const rows of this.#windows.values()) size += rows.size;
    return size;
  }

  publish(observations: readonly PublishedObservation[]): Promise<void> {
    let left = this.#capacity - this.size;
    for (const { communityId, window, from, observation } of observations) {
      let rows = this.#windows.get(window);
      while (left <= 0 || (rows === undefined && this.#windows.size === MOST_WINDOWS)) {
        left += this.#forgetOldest();
        rows = this.#windows.get(window);
      }
      if (rows === undefined) {
        rows = new ObservationRows();
        this.#windows.set(window, rows);
      }
      const before = rows.size;
      rows.put(communityId, from, observation);
      left -= rows.size - before;
    }
    return Promise.resolve();
  }

  find(keys: readonly ObservationKey[]): Promise<readonly (LossObservation | undefined)[]> {
    return Promise.resolve(
      keys.map(({ communityId, window, from }) => this.#windows.get(window)?.get(communityId, from)),
    );
  }

  #forgetOldest(): number {
    const [[window, rows]] = this.#windows;
    this.#windows.delete(window);
    return rows.size;
  }
}
