import { randomBytes } from 'node:crypto';
import type { Client } from '@elastic/elasticsearch';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readEdgeSet } from '../../services/cli/setup/edges/edge-set.ts';
import { readTemplateSet } from '../../services/cli/setup/template-set.ts';
import { elasticsearchClient } from '../../services/runtime/elasticsearch/elasticsearch-client.ts';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from '../servers/elasticsearch.ts';
import { sharedElasticsearch } from '../servers/shared-elasticsearch.ts';
import type { Mapping } from '../support/mapped-fields.ts';
import { mappedFields } from '../support/mapped-fields.ts';
import type { QuestionStreams } from '../support/question-streams.ts';
import { writeQuestionStreams } from '../support/question-streams.ts';

const { transform, index, role } = readEdgeSet();
const { group_by: groups, aggregations } = transform.pivot as {
  readonly group_by: Readonly<Record<string, Readonly<Record<string, { readonly field: string }>>>>;
  readonly aggregations: Readonly<Record<string, Readonly<Record<string, { readonly field: string }>>>>;
};
const FLOW_FIELDS = mappedFields(
  readTemplateSet().components.get('flowtap-flow@mappings')!.template.mappings as Mapping,
);
const EDGE_FIELDS = mappedFields(index.mappings as Mapping);

test('what is grouped and summed is in flows, and has a field among the edges', () => {
  const read = [...Object.values(groups), ...Object.values(aggregations)].flatMap((kind) =>
    Object.values(kind).map(({ field }) => field),
  );
  // The data stream's own field is of the index template.
  expect(read.filter((field) => !FLOW_FIELDS.has(field))).toEqual(['data_stream.namespace']);
  expect([...Object.keys(groups), ...Object.keys(aggregations)].sort()).toEqual(
    [...EDGE_FIELDS.keys()].sort(),
  );
});

test('edges are not among flows, and the role allows what the transform needs, and no more', () => {
  expect(transform.dest.index).toBe('flowtap-edges');
  expect(role.cluster).toEqual(['manage_transform']);
  expect(role.indices.map(({ names }) => names)).toEqual([transform.source.index, [transform.dest.index]]);
});

describe('over the sample', () => {
  const unavailable = elasticsearchUnavailable();
  const name = `edges-${randomBytes(4).toString('hex')}`;
  let streams: QuestionStreams;
  let client: Client;
  let edges: number;

  beforeEach((context) => context.skip(unavailable !== undefined, unavailable));
  beforeAll(async () => {
    if (unavailable !== undefined) return;
    streams = await writeQuestionStreams('edges');
    const { setupUrl } = await sharedElasticsearch();
    const access = { requestTimeoutMs: 30_000, isCompressed: false, userAgent: 'test' };
    client = elasticsearchClient({ urls: [setupUrl], ...access });
    edges = await makeEdges();
  }, ELASTICSEARCH_START_MS);
  afterAll(async () => {
    if (unavailable !== undefined) return;
    await client.indices.delete({ index: name });
    await client.close();
  });

  /** What a transform does: it groups with a composite aggregation, and writes each group as a document. */
  async function makeEdges(): Promise<number> {
    const { settings, mappings } = index;
    await client.transport.request({ method: 'PUT', path: `/${name}`, body: { settings, mappings } });
    const sources = Object.entries(groups).map(([field, kind], at) => ({ [`g${at}`]: kind, field }));
    const { aggregations: found } = await client.transport.request<{
      readonly aggregations: {
        readonly edges: {
          readonly buckets: readonly ({ readonly key: Readonly<Record<string, unknown>> } & Readonly<
            Record<string, { readonly value?: unknown }>
          >)[];
        };
      };
    }>({
      method: 'POST',
      path: `/logs-flowtap.flow-${streams.namespace}/_search`,
      body: {
        size: 0,
        aggs: {
          edges: {
            composite: { size: 1000, sources: sources.map(({ field: _field, ...source }) => source) },
            aggs: Object.fromEntries(
              Object.entries(aggregations).map(([field, kind]) => [field.replaceAll('.', '_'), kind]),
            ),
          },
        },
      },
    });
    const { buckets } = found.edges;
    const lines = buckets.flatMap((bucket) => {
      const keys = sources.map(({ field }, at) => [field, bucket.key[`g${at}`]]);
      const sums = Object.keys(aggregations).map((field) => [
        field,
        bucket[field.replaceAll('.', '_')]?.value,
      ]);
      const values = Object.fromEntries([...keys, ...sums].filter(([, value]) => value !== null));
      return [JSON.stringify({ index: {} }), JSON.stringify(values)];
    });
    const answer = await client.transport.request<{ readonly errors: boolean }>({
      method: 'POST',
      path: `/${name}/_bulk`,
      querystring: { refresh: true },
      bulkBody: lines,
    });
    expect(answer.errors).toBe(false);
    return buckets.length;
  }

  async function sums(target: string): Promise<Readonly<Record<string, unknown>>> {
    const summed = Object.entries(aggregations).filter(([, kind]) => Object.keys(kind)[0] === 'sum');
    const { aggregations: found } = await client.transport.request<{
      readonly aggregations: Readonly<Record<string, { readonly value: number }>>;
    }>({
      method: 'POST',
      path: `/${target}/_search`,
      body: {
        size: 0,
        aggs: Object.fromEntries(summed.map(([field, kind]) => [field.replaceAll('.', '_'), kind])),
      },
    });
    return Object.fromEntries(Object.entries(found).map(([field, { value }]) => [field, value]));
  }

  test('the sums of edges are those of flows', async () => {
    const flows = await sums(`logs-flowtap.flow-${streams.namespace}`);
    expect(await sums(name)).toEqual(flows);
    expect(flows.network_bytes).toBeGreaterThan(0);
    expect(flows.flowtap_loss_source_bytes).toBeGreaterThan(0);
  });

  test('there are fewer, and each conversation is in one', async () => {
    const { aggregations: found } = await client.transport.request<{
      readonly aggregations: Readonly<Record<string, { readonly value: number }>>;
    }>({
      method: 'POST',
      path: `/${name}/_search`,
      body: {
        size: 0,
        aggs: {
          connections: { sum: { field: 'flowtap.edge.connections' } },
          documents: { sum: { field: 'flowtap.edge.documents' } },
        },
      },
    });
    expect([found.connections.value, found.documents.value]).toEqual([60, 60]);
    expect(edges).toBeLessThan(15);
  });
});
