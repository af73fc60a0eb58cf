import type { Client } from '@elastic/elasticsearch';
import type { Clause } from '../../console/elasticsearch/flow-query.ts';
import type { FlowDocument } from '../../console/flow-source.ts';
import { elasticsearchFailure } from '../../runtime/elasticsearch/elasticsearch-failure.ts';

/** A document that was found. */
export interface FlowHit {
  readonly id: string;
  /** The backing index that it is in. */
  readonly index: string;
  readonly document: FlowDocument;
  /** Of the first field that was sorted by: milliseconds since 1970. */
  readonly sortValue: number;
}

export interface PageQuery {
  readonly query: Clause;
  /** By these fields, of which the first is a date. What has the same values has an order in this snapshot only. */
  readonly sort: readonly string[];
  readonly order: 'asc' | 'desc';
  /** At most so many in all. */
  readonly limit?: number | undefined;
  /** Without it only ids are fetched. */
  readonly withDocuments: boolean;
}

/** The documents as they were at one moment, whatever is written meanwhile. */
export interface Snapshot {
  /** Page by page: no more than one is in memory. */
  pages(query: PageQuery): AsyncGenerator<readonly FlowHit[]>;
  count(query: Clause): Promise<number>;
}

export interface FlowSearchOptions {
  readonly client: Client;
  /** Names of data streams, which need not be there. */
  readonly index: string;
  readonly pageSize?: number | undefined;
}

const PAGE_SIZE = 1000;
/** A reader such as `less` may stand still so long between two pages. */
const KEEP_ALIVE = '15m';
const MAX_RETRIES = 1;
const WHAT = 'look flows up';

interface RawHit {
  readonly _id: string;
  readonly _index: string;
  readonly _source?: FlowDocument;
  readonly sort: readonly unknown[];
}

interface SearchAnswer {
  readonly pit_id: string;
  readonly hits: { readonly total?: { readonly value: number }; readonly hits: readonly RawHit[] };
}

/** Reads flows of Elasticsearch. Every call rejects with a FlowtapError where not all of them can be had. */
export class FlowSearch {
  readonly #client: Client;
  readonly #index: string;
  readonly #pageSize: number;

  constructor({ client, index, pageSize = PAGE_SIZE }: FlowSearchOptions) {
    this.#client = client;
    this.#index = index;
    this.#pageSize = pageSize;
  }

  /** Takes a snapshot (a point in time of Elasticsearch), and gives it back when `use` is done with it. */
  async snapshot<Result>(signal: AbortSignal, use: (snapshot: Snapshot) => Promise<Result>): Promise<Result> {
    const { id } = await this.#request<{ readonly id: string }>(
      'POST',
      `/${this.#index}/_pit`,
      signal,
      undefined,
      {
        keep_alive: KEEP_ALIVE,
        ignore_unavailable: true,
      },
    );
    const point = { id };
    try {
      return await use({
        pages: (query) => this.#pages(point, query, signal),
        count: (query) => this.#count(point, query, signal),
      });
    } finally {
      // Also after the signal; what fails here Elasticsearch gives up by itself.
      await this.#request('DELETE', '/_pit', undefined, { id: point.id }).catch(() => undefined);
    }
  }

  /** Sums over the documents as they are now. */
  async aggregate<Aggregations>(
    query: Clause,
    aggregations: Clause,
    signal: AbortSignal,
  ): Promise<Aggregations> {
    const { aggregations: found } = await this.#request<{ readonly aggregations: Aggregations }>(
      'POST',
      `/${this.#index}/_search`,
      signal,
      { size: 0, query, aggs: aggregations, track_total_hits: false },
      { allow_partial_search_results: false, ignore_unavailable: true, allow_no_indices: true },
    );
    return found;
  }

  async *#pages(
    point: { id: string },
    query: PageQuery,
    signal: AbortSignal,
  ): AsyncGenerator<readonly FlowHit[]> {
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    let after: readonly unknown[] | undefined;
    while (left > 0) {
      const size = Math.min(this.#pageSize, left);
      const { hits } = await this.#search(point, signal, {
        size,
        query: query.query,
        sort: sortClauses(query),
        _source: query.withDocuments,
        track_total_hits: false,
        ...(after !== undefined && { search_after: after }),
      });
      if (hits.hits.length > 0) yield hits.hits.map(hitOf);
      left -= hits.hits.length;
      after = hits.hits.at(-1)?.sort;
      if (hits.hits.length < size) return;
    }
  }

  async #count(point: { id: string }, query: Clause, signal: AbortSignal): Promise<number> {
    const { hits } = await this.#search(point, signal, { size: 0, query, track_total_hits: true });
    return hits.total?.value ?? 0;
  }

  async #search(point: { id: string }, signal: AbortSignal, body: Clause): Promise<SearchAnswer> {
    const answer = await this.#request<SearchAnswer>(
      'POST',
      '/_search',
      signal,
      { ...body, pit: { id: point.id, keep_alive: KEEP_ALIVE } },
      // A part of the flows would look like all of them.
      { allow_partial_search_results: false },
    );
    point.id = answer.pit_id;
    return answer;
  }

  async #request<Answer>(
    method: 'POST' | 'DELETE',
    path: string,
    signal: AbortSignal | undefined,
    body?: Clause,
    querystring?: Readonly<Record<string, string | boolean>>,
  ): Promise<Answer> {
    try {
      return await this.#client.transport.request<Answer>(
        {
          method,
          path,
          ...(body !== undefined && { body }),
          ...(querystring !== undefined && { querystring }),
        },
        { maxRetries: MAX_RETRIES, ...(signal !== undefined && { signal }) },
      );
    } catch (error) {
      throw elasticsearchFailure(error, WHAT);
    }
  }
}

function hitOf({ _id: id, _index: index, _source: document = {}, sort }: RawHit): FlowHit {
  return { id, index, document, sortValue: Number(sort[0]) };
}

function sortClauses({ sort, order }: PageQuery): readonly Clause[] {
  const [date, ...others] = sort;
  return [
    { [date]: { order, format: 'epoch_millis', missing: 0 } },
    ...others.map((field) => ({ [field]: { order } })),
  ];
}
