import type { Dsl } from '../kql/kql-to-dsl.ts';

/** What all requests of a page share: the time range and what is typed into the search bar. */
export interface Scope {
  readonly from: string;
  readonly to: string;
  readonly filter: readonly Dsl[];
}

/** The part of an answer that the checks read. */
export interface SearchAnswer {
  readonly timed_out: boolean;
  readonly _shards: { readonly failed: number };
  readonly hits: {
    readonly total?: { readonly value: number };
    readonly hits: readonly {
      readonly _index: string;
      readonly fields: Readonly<Record<string, readonly unknown[]>>;
    }[];
  };
  readonly aggregations?: Readonly<Record<string, Aggregation>>;
}

/** An aggregation's answer; what a field holds depends on what was asked. */
export interface Aggregation {
  readonly value?: number;
  readonly doc_count?: number;
  readonly buckets?: readonly Bucket[];
  readonly hits?: SearchAnswer['hits'];
  readonly bounds?: unknown;
}

export interface Bucket {
  readonly key: string | number;
  readonly key_as_string?: string;
  readonly doc_count: number;
  readonly [aggregation: string]: unknown;
}

export type Search = (body: Dsl) => Promise<SearchAnswer>;

/** What Kibana Security reads when nobody has set anything. */
export const SECURITY_INDICES: readonly string[] = [
  ...[
    'apm-*-transaction*',
    'auditbeat-*',
    'endgame-*',
    'filebeat-*',
    'logs-*',
    'packetbeat-*',
    'traces-apm*',
  ],
  ...['winlogbeat-*', '-*elastic-cloud-logs-*'],
];

/** Searches as Kibana Security does. Throws where the server complains, or a shard does. */
export function searcher(url: string, indices: readonly string[] = SECURITY_INDICES): Search {
  const path = `${indices.map(encodeURIComponent).join(',')}/_search`;
  return async (body) => {
    const response = await fetch(`${url}/${path}?ignore_unavailable=true&allow_no_indices=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    const answer = JSON.parse(text) as SearchAnswer;
    if (!response.ok || answer._shards.failed > 0 || answer.timed_out)
      throw new Error(`${response.status}: ${text}`);
    return answer;
  };
}

/** Documents within the scope, and what else a request asks for. */
export function within({ from, to, filter }: Scope, ...more: readonly Dsl[]): Dsl {
  const time = { range: { '@timestamp': { gte: from, lte: to, format: 'strict_date_optional_time' } } };
  return { bool: { filter: [...filter, time, ...more] } };
}

/** Numbers of a bucket's aggregation. */
export function valueIn(bucket: Bucket, name: string): number | undefined {
  return (bucket[name] as Aggregation | undefined)?.value;
}
