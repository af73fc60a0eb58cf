import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from '../servers/elasticsearch.ts';
import { sharedElasticsearch } from '../servers/shared-elasticsearch.ts';
import { bulkCreate } from '../support/bulk-create.ts';
import { documentsOf } from '../support/kibana-security/documents-of.ts';
import { generateTraffic } from '../support/kibana-security/generate-traffic.ts';
import { networkEventsRequest } from '../support/kibana-security/network-kpis.ts';
import { MAP_FIELDS } from '../support/kibana-security/network-map.ts';
import { SECURITY_CHECKS } from '../support/kibana-security/security-checks.ts';
import type { Scope } from '../support/kibana-security/security-search.ts';
import { searcher } from '../support/kibana-security/security-search.ts';
import { setUpElasticsearch } from '../support/set-up-elasticsearch.ts';

const unavailable = elasticsearchUnavailable();
const namespace = `security_${randomBytes(4).toString('hex')}`;
const truth = generateTraffic(20_260_115, Date.parse('2026-01-15T10:00:00Z'), 12);
const scope: Scope = {
  from: truth.from,
  to: truth.to,
  filter: [{ term: { 'data_stream.namespace': namespace } }],
};

let url: string;

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

beforeAll(async () => {
  if (unavailable !== undefined) return;
  const server = await sharedElasticsearch();
  url = server.url;
  await setUpElasticsearch(server.setupUrl);
  await bulkCreate(url, [
    ...documentsOf(truth.records, 'record', namespace),
    ...documentsOf(truth.peers, 'peer', namespace),
  ]);
}, ELASTICSEARCH_START_MS);

// The Elasticsearch of tests has no such endpoint, and ends with the run; one that was given does.
afterAll(async () => {
  if (unavailable === undefined)
    await fetch(`${url}/_data_stream/logs-flowtap.flow-${namespace},flowtap-peer-${namespace}`, {
      method: 'DELETE',
    });
});

describe('with no setting but ours, Kibana Security shows what happened:', () => {
  test.each([...SECURITY_CHECKS])('$name', async ({ check }) => check(searcher(url), scope, truth));
});

describe('the checks themselves notice a flow too many:', () => {
  const lessTrue = { ...truth, records: truth.records.slice(1) };
  const named = ['table of source IPs', 'table of destination IPs', 'network events', 'events over time'];
  const noticing = [...named, 'overview', 'map', 'Timeline', 'hosts'];
  test.each(SECURITY_CHECKS.filter(({ name }) => noticing.includes(name)))('$name', async ({ check }) => {
    await expect(check(searcher(url), scope, lessTrue)).rejects.toThrow();
  });
});

test('the other ends were seen too, where Security does not look', async () => {
  const { aggregations, hits } = await searcher(url, [`flowtap-peer-${namespace}`])({
    query: { match_all: {} },
    aggs: { bytes: { sum: { field: 'source.bytes' } } },
    track_total_hits: true,
    size: 0,
  });
  expect(hits.total?.value).toBe(truth.peers.length);
  expect(aggregations?.bytes?.value).toBe(truth.peers.reduce((sum, { source }) => sum + source.bytes, 0));
  const everything = searcher(url, [`logs-flowtap.flow-${namespace}`, `flowtap-peer-${namespace}`]);
  const both = await everything(networkEventsRequest({ ...scope, filter: [] }));
  expect(both.hits.total?.value).toBe(truth.records.length + truth.peers.length);
});

test('the map finds the fields that it needs', async () => {
  const answer = await fetch(
    `${url}/logs-flowtap.flow-${namespace}/_field_caps?filters=-parent&fields=${MAP_FIELDS.join(',')}`,
  );
  const { fields } = (await answer.json()) as { readonly fields: Readonly<Record<string, object>> };
  expect(
    Object.entries(fields)
      .map(([name, types]) => [name, Object.keys(types)[0]])
      .sort(),
  ).toEqual([
    ['destination.bytes', 'long'],
    ['destination.geo.location', 'geo_point'],
    ['source.bytes', 'long'],
    ['source.geo.location', 'geo_point'],
  ]);
});
