import type { Client } from '@elastic/elasticsearch';
import { elasticsearchFailure } from '../../runtime/elasticsearch/elasticsearch-failure.ts';
import type {
  Edges,
  EdgesQuery,
  FlowDocument,
  FlowFilter,
  FlowHistory,
  FlowSource,
  Flows,
  FlowsQuery,
  Names,
  Probes,
  Split,
  SplitQuery,
} from '../flow-source.ts';
import { sortKeys } from '../shape/flow-order.ts';
import { flowRow } from '../shape/flow-row.ts';
import type { Groups } from '../shape/group.ts';
import { MAX_NAMES, MAX_PROBES, MAX_WINDOWS } from '../shape/limits.ts';
import { compareProbes, probeState } from '../shape/probe-state.ts';
import { textAt } from '../shape/read-document.ts';
import { edgeFields, shapeEdges } from '../shape/shape-edges.ts';
import { NAME_FIELDS, shapeNames } from '../shape/shape-names.ts';
import {
  LABEL_SAMPLE,
  labelsOf,
  POD_LABELS,
  shapeSplit,
  splitFields,
  splitFilter,
} from '../shape/shape-split.ts';
import type { Clause } from './flow-query.ts';
import { flowQuery } from './flow-query.ts';
import type { GroupAnswer } from './group-search.ts';
import { readGroups } from './group-search.ts';

/** Somebody waits; and the page comes again by itself. */
const MAX_RETRIES = 1;

interface Hit {
  readonly _source: FlowDocument;
  readonly sort?: readonly (string | number)[];
}

interface SearchAnswer extends GroupAnswer {
  readonly hits: { readonly total?: { readonly value: number }; readonly hits: readonly Hit[] };
  readonly aggregations?: GroupAnswer['aggregations'] & Readonly<Record<string, NameAnswer>>;
}

/** Composite aggregations without sums. */
interface NameAnswer {
  readonly buckets: readonly { readonly key: Readonly<Record<string, string | null>> }[];
}

export interface ElasticsearchFlowSourceOptions {
  readonly client: Client;
  /** Namespace of the data streams; `*` for all. */
  readonly namespace: string;
}

/** The documents of flowtap's data streams. Mostly a request for each question; sums are made by Elasticsearch. */
export class ElasticsearchFlowSource implements FlowSource {
  readonly #client: Client;
  readonly #flows: string;
  readonly #peers: string;
  readonly #probes: string;

  constructor({ client, namespace }: ElasticsearchFlowSourceOptions) {
    this.#client = client;
    this.#flows = `logs-flowtap.flow-${namespace}`;
    this.#peers = `flowtap-peer-${namespace}`;
    this.#probes = `metrics-flowtap.probe-${namespace}`;
  }

  async edges(query: EdgesQuery, signal: AbortSignal): Promise<Edges> {
    const groups = await readGroups(edgeFields(query), (aggs) =>
      this.#search(this.#flows, { size: 0, query: flowQuery(query.filter), aggs }, signal),
    );
    return shapeEdges(groups, query);
  }

  async split(query: SplitQuery, signal: AbortSignal): Promise<Split> {
    let labels: readonly string[] | undefined;
    const groups = await readGroups(splitFields(query), async (aggs) => {
      const sample = { size: LABEL_SAMPLE, sort: [{ '@timestamp': 'desc' }], _source: [POD_LABELS] };
      const first = labels === undefined ? sample : { size: 0 };
      const answer = await this.#search(
        this.#flows,
        { ...first, query: flowQuery(splitFilter(query)), aggs },
        signal,
      );
      labels ??= labelsOf(answer.hits.hits.map(({ _source }) => _source));
      return answer;
    });
    return shapeSplit(groups, query, labels ?? []);
  }

  async flows({ filter, sort, size, after }: FlowsQuery, signal: AbortSignal): Promise<Flows> {
    const body = {
      // One more than is shown tells whether there is another page.
      size: size + 1,
      query: flowQuery(filter),
      sort: sortKeys(sort).map(({ field, order, type }) => ({
        [field]: {
          order,
          missing: type === 'keyword' ? '' : 0,
          ...(type === 'date' && { format: 'epoch_millis' }),
        },
      })),
      track_total_hits: true,
      ...(after !== undefined && { search_after: after }),
    };
    const { total, hits } = (await this.#search(this.#flows, body, signal)).hits;
    const shown = hits.slice(0, size);
    return {
      flows: shown.map(({ _source }) => flowRow(_source)),
      next: hits.length > size ? shown.at(-1)?.sort : undefined,
      found: total?.value ?? 0,
    };
  }

  async flow(flowId: string, filter: FlowFilter, signal: AbortSignal): Promise<FlowHistory> {
    const documents = await this.#newest(
      this.#flows,
      flowQuery(filter, [{ term: { 'flow.id': flowId } }]),
      signal,
    );
    const valuesAt = (path: string): string[] => [
      ...new Set(documents.map((document) => textAt(document, path)).filter((value) => value !== undefined)),
    ];
    const sameFlow = [
      { terms: { 'network.community_id': valuesAt('network.community_id') } },
      { terms: { 'flowtap.window.start': valuesAt('flowtap.window.start') } },
    ];
    const peers =
      documents.length === 0 ? [] : await this.#newest(this.#peers, flowQuery(filter, sameFlow), signal);
    return {
      documents: documents.slice(0, MAX_WINDOWS).reverse(),
      peers: peers.slice(0, MAX_WINDOWS).reverse(),
      isPartial: documents.length > MAX_WINDOWS,
    };
  }

  async probes({ fromMs, toMs }: FlowFilter, signal: AbortSignal): Promise<Probes> {
    const body = {
      size: MAX_PROBES + 1,
      query: flowQuery({ fromMs, toMs }),
      collapse: { field: 'agent.id' },
      sort: [{ '@timestamp': 'desc' }],
    };
    const { hits } = (await this.#search(this.#probes, body, signal)).hits;
    const probes = hits.slice(0, MAX_PROBES).map(({ _source }) => probeState(_source));
    return { probes: probes.sort(compareProbes), isPartial: hits.length > MAX_PROBES };
  }

  async names({ fromMs, toMs }: FlowFilter, signal: AbortSignal): Promise<Names> {
    const aggs = Object.fromEntries(
      NAME_FIELDS.map((fields, end) => {
        const sources = fields.map((field, index) => ({
          [`f${index}`]: { terms: { field, missing_bucket: true } },
        }));
        return [`end${end}`, { composite: { size: MAX_NAMES, sources } }];
      }),
    );
    const { aggregations } = await this.#search(
      this.#flows,
      { size: 0, query: flowQuery({ fromMs, toMs }), aggs },
      signal,
    );
    return shapeNames((fields) => nameGroups(aggregations?.[`end${NAME_FIELDS.indexOf(fields)}`], fields));
  }

  async #newest(index: string, query: Clause, signal: AbortSignal): Promise<FlowDocument[]> {
    const body = { size: MAX_WINDOWS + 1, query, sort: [{ '@timestamp': 'desc' }] };
    return (await this.#search(index, body, signal)).hits.hits.map(({ _source }) => _source);
  }

  async #search(index: string, body: Clause, signal: AbortSignal): Promise<SearchAnswer> {
    try {
      return await this.#client.transport.request<SearchAnswer>(
        {
          method: 'POST',
          path: `/${index}/_search`,
          // Before the first flow there is no such stream; that is no failure.
          querystring: { ignore_unavailable: true, allow_no_indices: true },
          body,
        },
        { signal, maxRetries: MAX_RETRIES },
      );
    } catch (error) {
      throw elasticsearchFailure(error, 'look flows up');
    }
  }
}

function nameGroups(
  answer: NameAnswer | undefined,
  fields: readonly string[],
): { readonly groups: readonly Pick<Groups['groups'][number], 'values'>[]; readonly isPartial: boolean } {
  const buckets = answer?.buckets ?? [];
  const groups = buckets.map(({ key }) => ({
    values: Object.fromEntries(fields.map((field, index) => [field, key[`f${index}`] ?? undefined])),
  }));
  return { groups, isPartial: buckets.length >= MAX_NAMES };
}
