import type { Clause } from '../../console/elasticsearch/flow-query.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { FlowHit, FlowSearch, Snapshot } from '../flows/flow-search.ts';
import { keepLooking } from '../flows/keep-looking.ts';
import { SeenDocuments, wholeSecond } from './seen-documents.ts';

/** When a document was made; it becomes visible later, and not always in this order. */
const MADE_AT = 'event.ingested';

/** In so short a time documents become visible in any order. */
const UNSETTLED_MS = 5000;
/** How often it is counted what came too late. */
const COUNT_EVERY_MS = 60_000;

export interface FollowOptions {
  readonly search: Pick<FlowSearch, 'snapshot'>;
  /** The query of all documents that are meant, and that hold `more` as well. */
  readonly query: (more: readonly Clause[]) => Clause;
  /** Takes what is wanted of the snapshot that following begins with; false ends it. */
  readonly begin: (snapshot: Snapshot) => Promise<boolean>;
  /** Takes documents that were not seen before; false ends it. */
  readonly take: (hits: readonly FlowHit[]) => Promise<boolean>;
  /** A sentence for the user. */
  readonly say: (text: string) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How often to look. */
  readonly intervalMs: number;
  /** How long after it was made a document may become visible and still be taken. */
  readonly lateMs: number;
  /** How many documents are remembered at most. */
  readonly maxSeen: number;
}

/**
 * Gives every document that becomes visible from now on, once. A document that becomes visible later than `lateMs` after
 * it was made is not given, but counted, and told of. Ends with the signal; while Elasticsearch is away it tries again.
 * Throws a FlowtapError where trying again does not help.
 */
export function followFlows(options: FollowOptions): Promise<void> {
  const follower = new Follower(options);
  return keepLooking({ ...options, look: () => follower.look() });
}

class Follower {
  readonly #options: FollowOptions;
  #seen: SeenDocuments | undefined;
  /** The newest moment in which a document was made that was seen. */
  #newestMs = 0;
  /** Documents made since are counted against those that were seen. */
  #countFromMs = 0;
  #nextCountMs = 0;
  #missed = 0;
  #isCutSaid = false;

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  /** Takes what is new. False where no more is wanted. */
  look(): Promise<boolean> {
    const { search, signal } = this.#options;
    return search.snapshot(signal, async (snapshot) => {
      if (this.#seen === undefined) return await this.#begin(snapshot);
      return await this.#continue(snapshot, this.#seen);
    });
  }

  async #begin(snapshot: Snapshot): Promise<boolean> {
    const { query, begin, maxSeen, lateMs, clock } = this.#options;
    const newest = {
      query: query([]),
      sort: [MADE_AT],
      order: 'desc',
      limit: 1,
      withDocuments: false,
    } as const;
    let newestMs = 0;
    for await (const [hit] of snapshot.pages(newest)) newestMs = Math.min(hit.sortValue, clock.now());
    const seen = new SeenDocuments(Math.max(0, newestMs - lateMs), maxSeen);
    this.#countFromMs = seen.fromMs;
    if (!(await begin(snapshot))) return false;
    for await (const hits of snapshot.pages(this.#made(seen.fromMs, undefined, false))) {
      for (const { id, index, sortValue } of hits) seen.add(id, index, sortValue);
      this.#forget(seen, newestMs - lateMs);
    }
    this.#newestMs = newestMs;
    this.#seen = seen;
    this.#nextCountMs = clock.now() + COUNT_EVERY_MS;
    return true;
  }

  async #continue(snapshot: Snapshot, seen: SeenDocuments): Promise<boolean> {
    const newestSecondMs = Math.max(seen.fromMs, wholeSecond(this.#newestMs));
    const settledMs = Math.max(seen.fromMs, newestSecondMs - UNSETTLED_MS);
    // Where there are as many as were seen nothing has come late, and nothing is read again.
    for (const [fromMs, toMs] of [
      [seen.fromMs, settledMs],
      [settledMs, newestSecondMs],
    ]) {
      const there = await snapshot.count(this.#madeIn(fromMs, toMs));
      if (there <= seen.countBefore(toMs) - seen.countBefore(fromMs)) continue;
      for await (const hits of snapshot.pages(this.#made(fromMs, toMs, true))) {
        if (!(await this.#take(hits, seen))) return false;
      }
    }
    for await (const hits of snapshot.pages(this.#made(newestSecondMs, undefined, true))) {
      if (!(await this.#take(hits, seen))) return false;
      this.#advance(hits, seen);
    }
    if (this.#options.clock.now() >= this.#nextCountMs) await this.#countMissed(snapshot, seen);
    return true;
  }

  async #take(hits: readonly FlowHit[], seen: SeenDocuments): Promise<boolean> {
    const fresh = hits.filter(({ id, index, sortValue }) => seen.add(id, index, sortValue) === 'new');
    return fresh.length === 0 || (await this.#options.take(fresh));
  }

  #advance(hits: readonly FlowHit[], seen: SeenDocuments): void {
    const { clock, lateMs } = this.#options;
    const nowMs = clock.now();
    // A clock that runs ahead must not hide what others make.
    for (const { sortValue } of hits) this.#newestMs = Math.max(this.#newestMs, Math.min(sortValue, nowMs));
    this.#forget(seen, this.#newestMs - lateMs);
  }

  #forget(seen: SeenDocuments, beforeMs: number): void {
    if (!seen.forgetBefore(beforeMs) || this.#isCutSaid) return;
    this.#isCutSaid = true;
    const text = `There are more than ${this.#options.maxSeen} flows in the time of --late: some that come late may be missed; that is counted. Narrow the question.`;
    this.#options.say(text);
  }

  async #countMissed(snapshot: Snapshot, seen: SeenDocuments): Promise<void> {
    this.#nextCountMs = this.#options.clock.now() + COUNT_EVERY_MS;
    const there = await snapshot.count(this.#madeIn(this.#countFromMs, seen.fromMs));
    const missed = there - seen.forgotten;
    if (missed <= this.#missed) return;
    this.#missed = missed;
    this.#options.say(`${missed} flows came too late to be shown; --late is how long is waited for them.`);
  }

  #made(fromMs: number, toMs: number | undefined, withDocuments: boolean) {
    return { query: this.#madeIn(fromMs, toMs), sort: [MADE_AT], order: 'asc', withDocuments } as const;
  }

  #madeIn(fromMs: number, toMs: number | undefined): Clause {
    const range = { gte: fromMs, ...(toMs !== undefined && { lt: toMs }), format: 'epoch_millis' };
    return this.#options.query([{ range: { [MADE_AT]: range } }]);
  }
}
