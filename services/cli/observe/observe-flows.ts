import type { Clause } from '../../console/elasticsearch/flow-query.ts';
import type { FlowDocument } from '../../console/flow-source.ts';
import type { Clock } from '../../runtime/clock.ts';
import { criteriaQuery } from '../flows/criteria-query.ts';
import type { FlowCriteria } from '../flows/flow-criteria.ts';
import type { FlowHit, FlowSearch, Snapshot } from '../flows/flow-search.ts';
import type { FollowOptions } from './follow-flows.ts';
import { followFlows } from './follow-flows.ts';

export interface ObserveOptions {
  readonly search: FlowSearch;
  readonly criteria: FlowCriteria;
  /** What is there already is shown: all of it, or the newest `last`. */
  readonly past: { readonly last: number | undefined } | undefined;
  /** It ends after so many. */
  readonly limit: number | undefined;
  readonly follow: Pick<FollowOptions, 'intervalMs' | 'lateMs' | 'maxSeen'> | false;
  readonly show: (documents: readonly FlowDocument[]) => Promise<void>;
  readonly say: (text: string) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface Observed {
  readonly shown: number;
  /** How many more there are than `limit`; of what is there already. */
  readonly left: number;
}

/** By time, and always in the same order. */
const ORDER = ['@timestamp', 'event.start', 'event.id'];

/**
 * Shows flows, the oldest first, and with `follow` those that come. The signal ends it, and is no failure. Throws a
 * FlowtapError.
 */
export async function observeFlows(options: ObserveOptions): Promise<Observed> {
  const { search, criteria, past, limit, follow, show, signal } = options;
  let shown = 0;
  let left = 0;
  const query = (more: readonly Clause[] = []): Clause => criteriaQuery(criteria, more);
  const take = async (hits: readonly FlowHit[]): Promise<boolean> => {
    const wanted = limit === undefined ? hits : hits.slice(0, limit - shown);
    shown += wanted.length;
    await show(wanted.map(({ document }) => document));
    return shown !== limit;
  };
  const showPast = async (snapshot: Snapshot): Promise<void> => {
    if (past === undefined) return;
    const page = { query: query(), sort: ORDER, withDocuments: true };
    if (past.last !== undefined) {
      const newest: FlowHit[] = [];
      for await (const hits of snapshot.pages({ ...page, order: 'desc', limit: past.last }))
        newest.push(...hits);
      await take(newest.reverse());
      return;
    }
    for await (const hits of snapshot.pages({ ...page, order: 'asc', limit })) await take(hits);
    if (shown === limit) left = (await snapshot.count(query())) - shown;
  };
  try {
    if (follow === false) await search.snapshot(signal, showPast);
    else {
      const { say, clock } = options;
      const begin = async (snapshot: Snapshot): Promise<boolean> => {
        await showPast(snapshot);
        return shown !== limit;
      };
      await followFlows({ search, query, begin, take, say, clock, signal, ...follow });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return { shown, left };
}
