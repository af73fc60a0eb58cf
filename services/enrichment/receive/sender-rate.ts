import type { Clock } from '../../runtime/clock.ts';
import { RecentMap } from '../recent-map.ts';

interface Bucket {
  /** Events it may still send; below 0 it has sent more than it might. */
  events: number;
  atMs: number;
}

/** How long a sender that is too fast may save up, and so how much it may send at once. */
const BURST_SECONDS = 10;

/**
 * Events a second of each sender. What a batch holds is known only after it was read, so a batch may go below zero, and
 * the next one waits.
 */
export class SenderRate {
  readonly #eventsPerSecond: number;
  readonly #clock: Clock;
  /** One that is forgotten starts anew. */
  readonly #buckets: RecentMap<Bucket>;

  constructor(eventsPerSecond: number, maxSenders: number, clock: Clock) {
    this.#eventsPerSecond = eventsPerSecond;
    this.#buckets = new RecentMap(maxSenders);
    this.#clock = clock;
  }

  /** How long the sender has to wait; 0 if it may send now. */
  waitMs(sender: string): number {
    const { events } = this.#fill(sender);
    return events > 0 ? 0 : Math.ceil(((1 - events) / this.#eventsPerSecond) * 1000);
  }

  /** After the sender has sent so many. */
  count(sender: string, events: number): void {
    this.#fill(sender).events -= events;
  }

  #fill(sender: string): Bucket {
    const nowMs = this.#clock.now();
    const fullEvents = this.#eventsPerSecond * BURST_SECONDS;
    const bucket = this.#buckets.get(sender) ?? { events: fullEvents, atMs: nowMs };
    const earned = (Math.max(0, nowMs - bucket.atMs) / 1000) * this.#eventsPerSecond;
    bucket.events = Math.min(fullEvents, bucket.events + earned);
    bucket.atMs = nowMs;
    this.#buckets.set(sender, bucket);
    return bucket;
  }
}
