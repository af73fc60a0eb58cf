import type { Clause } from '../../console/elasticsearch/flow-query.ts';
import { PAGE_GROUPS, readGroups } from '../../console/elasticsearch/group-search.ts';
import type { Groups } from '../../console/shape/group.ts';
import { criteriaQuery } from '../flows/criteria-query.ts';
import type { FlowCriteria } from '../flows/flow-criteria.ts';
import type { FlowSearch } from '../flows/flow-search.ts';
import type { Ranking, Sort } from './rank.ts';
import { rankEnds, rankPairs } from './rank.ts';
import type { Grouping, Side } from './ranked.ts';

export interface RankingQuestion {
  readonly criteria: FlowCriteria;
  readonly grouping: Grouping;
  /** Which ends are ranked; `pairs`: both together. */
  readonly ends: 'both' | 'from' | 'to' | 'pairs';
  /** Pairs of different ports and protocols apart. */
  readonly withPorts: boolean;
  readonly sort: Sort;
  readonly limit: number;
  /** So many groups are looked at. */
  readonly maxGroups: number;
}

export const PORT_FIELDS = ['destination.port', 'network.transport'] as const;

/** Ranks what Elasticsearch has, by sums over all groups. Throws a FlowtapError. */
export async function readRanking(
  search: FlowSearch,
  question: RankingQuestion,
  signal: AbortSignal,
): Promise<Ranking> {
  const { criteria, grouping, ends, withPorts, sort, limit, maxGroups } = question;
  const query = criteriaQuery(criteria);
  const groupsBy = (fields: readonly string[]): Promise<Groups> =>
    readGroups(
      fields,
      async (aggs: Clause) => ({ aggregations: await search.aggregate(query, aggs, signal) }),
      Math.ceil(maxGroups / PAGE_GROUPS),
    );
  const ofSide = (side: Side, word: 'from' | 'to'): Promise<Groups> | undefined =>
    ends === word || ends === 'both' ? groupsBy(grouping.fieldsOf(side)) : undefined;
  if (ends === 'pairs') {
    const extra = withPorts ? PORT_FIELDS : [];
    const fields = [...grouping.fieldsOf('source'), ...grouping.fieldsOf('destination'), ...extra];
    return rankPairs(await groupsBy(fields), grouping, extra, sort, limit);
  }
  const groups = { source: await ofSide('source', 'from'), destination: await ofSide('destination', 'to') };
  return rankEnds(groups, grouping, sort, limit);
}
