import type { Groups, Value } from '../shape/group.ts';
import { SUMMED_FIELDS } from '../shape/volume.ts';
import type { Clause } from './flow-query.ts';

/** A page of groups, and how many pages are read. */
export const PAGE_GROUPS = 5000;
const MAX_PAGES = 10;

/** Below so many different flows of a group, Elasticsearch counts nearly exactly; the groups share the memory. */
export const EXACT_CONNECTIONS = 1000;

type Key = Readonly<Record<string, string | number | null>>;

/** What is read of an answer. */
export interface GroupAnswer {
  readonly aggregations?: {
    readonly groups?: {
      readonly after_key?: Key;
      readonly buckets: readonly GroupBucket[];
    };
  };
}

interface GroupBucket {
  readonly key: Key;
  readonly connections: { readonly value: number };
  readonly [sum: string]: unknown;
}

/** Aggregations that take documents with the same values of the fields together. */
export function groupAggregation(fields: readonly string[], after?: Key): Clause {
  return {
    groups: {
      composite: {
        size: PAGE_GROUPS,
        sources: fields.map((field, index) => ({
          [`f${index}`]: { terms: { field, missing_bucket: true } },
        })),
        ...(after !== undefined && { after }),
      },
      aggs: VOLUME_AGGREGATIONS,
    },
  };
}

const VOLUME_AGGREGATIONS: Clause = {
  connections: { cardinality: { field: 'flow.id', precision_threshold: EXACT_CONNECTIONS } },
  ...Object.fromEntries(
    Object.values(SUMMED_FIELDS)
      .flat()
      .map((field) => [field.replaceAll('.', '_'), { sum: { field } }]),
  ),
};

/** All groups, page by page: mostly one request. */
export async function readGroups(
  fields: readonly string[],
  search: (aggregations: Clause) => Promise<GroupAnswer>,
  maxPages = MAX_PAGES,
): Promise<Groups> {
  const groups: Groups['groups'][number][] = [];
  let after: Key | undefined;
  for (let page = 0; page < maxPages; page++) {
    const { buckets = [], after_key } =
      (await search(groupAggregation(fields, after))).aggregations?.groups ?? {};
    groups.push(...buckets.map((bucket) => groupOf(bucket, fields)));
    if (buckets.length < PAGE_GROUPS || after_key === undefined) return { groups, isPartial: false };
    after = after_key;
  }
  return { groups, isPartial: true };
}

function groupOf(bucket: GroupBucket, fields: readonly string[]): Groups['groups'][number] {
  const values = fields.map((field, index): [string, Value] => [field, bucket.key[`f${index}`] ?? undefined]);
  const sumOf = (field: string): number =>
    (bucket[field.replaceAll('.', '_')] as { readonly value: number } | undefined)?.value ?? 0;
  const sums = Object.fromEntries(
    Object.entries(SUMMED_FIELDS).map(([name, of]) => [
      name,
      of.reduce((sum, field) => sum + sumOf(field), 0),
    ]),
  ) as Readonly<Record<keyof typeof SUMMED_FIELDS, number>>;
  return {
    values: Object.fromEntries(values),
    volume: { ...sums, connections: bucket.connections.value },
  };
}
