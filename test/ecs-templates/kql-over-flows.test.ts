import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readTemplateSet } from '../../services/cli/setup/template-set.ts';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from '../servers/elasticsearch.ts';
import { sharedElasticsearch } from '../servers/shared-elasticsearch.ts';
import { bulkCreate } from '../support/bulk-create.ts';
import { documentsOf } from '../support/kibana-security/documents-of.ts';
import { generateTraffic } from '../support/kibana-security/generate-traffic.ts';
import { searcher } from '../support/kibana-security/security-search.ts';
import type { TrueFlow, TruePod } from '../support/kibana-security/true-flow.ts';
import { kqlToDsl } from '../support/kql/kql-to-dsl.ts';
import type { Mapping } from '../support/mapped-fields.ts';
import { mappedFields } from '../support/mapped-fields.ts';
import { setUpElasticsearch } from '../support/set-up-elasticsearch.ts';

const unavailable = elasticsearchUnavailable();
const namespace = `kql_${randomBytes(4).toString('hex')}`;
const { records } = generateTraffic(7, Date.parse('2026-01-15T12:00:00Z'), 8);
const documents = documentsOf(records, 'record', namespace);
const template = readTemplateSet().components.get('flowtap-flow@mappings')!;
const fields = mappedFields(template.template.mappings as Mapping);

let url: string;

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

beforeAll(async () => {
  if (unavailable !== undefined) return;
  const server = await sharedElasticsearch();
  url = server.url;
  await setUpElasticsearch(server.setupUrl);
  await bulkCreate(url, documents);
}, ELASTICSEARCH_START_MS);

// The Elasticsearch of tests has no such endpoint, and ends with the run; one that was given does.
afterAll(async () => {
  if (unavailable === undefined)
    await fetch(`${url}/_data_stream/logs-flowtap.flow-${namespace}`, { method: 'DELETE' });
});

async function find(kql: string, options: { readonly ignoreUnmapped?: boolean } = {}): Promise<string[]> {
  const search = searcher(url, [`logs-flowtap.flow-${namespace}`]);
  const query = kqlToDsl(kql, { fields, ...options });
  const { hits } = await search({ query, fields: ['event.id'], _source: false, size: 10_000 });
  return hits.hits.map((hit) => String(hit.fields['event.id'][0])).sort();
}

function known(isMeant: (flow: TrueFlow) => boolean): string[] {
  return records
    .flatMap((flow, index) => (isMeant(flow) ? `${flow.communityId}/${flow.at}/${index}` : []))
    .sort();
}

const label = (pod: TruePod | undefined, key: string): string | undefined => pod?.labels[key];
const NAME = 'app.kubernetes.io/name';

/** What is typed into the search bar, and the flows that are meant. */
const CASES: readonly [kql: string, isMeant: (flow: TrueFlow) => boolean][] = [
  ['source.kubernetes.pod.labels.app: web', ({ source }) => label(source.pods[0], 'app') === 'web'],
  [
    'destination.kubernetes.pod.labels.app.kubernetes.io/name: web',
    ({ destination }) => label(destination.pods[0], NAME) === 'web',
  ],
  [
    'destination.kubernetes.pod.labels.app.kubernetes.io/name: "web"',
    ({ destination }) => label(destination.pods[0], NAME) === 'web',
  ],
  [
    'source.kubernetes.pod.labels.app.kubernetes.io/version: 1.2',
    ({ source }) => label(source.pods[0], 'app.kubernetes.io/version') === '1.2',
  ],
  [
    'source.kubernetes.pod.labels.example.com/cost.centre: c-7',
    ({ source }) => label(source.pods[0], 'example.com/cost.centre') === 'c-7',
  ],
  [
    'source.kubernetes.pod.labels.app: web*',
    ({ source }) => label(source.pods[0], 'app')?.startsWith('web') === true,
  ],
  [
    'destination.kubernetes.pod.labels.app.kubernetes.io/name: *',
    ({ destination }) => label(destination.pods[0], NAME) !== undefined,
  ],
  [
    'not destination.kubernetes.pod.labels.app.kubernetes.io/name: *',
    ({ destination }) => label(destination.pods[0], NAME) === undefined,
  ],
  // Under any key.
  [
    'destination.kubernetes.pod.labels: stock',
    ({ destination }) => Object.values(destination.pods[0]?.labels ?? {}).includes('stock'),
  ],
  [
    'destination.kubernetes.pods:{ labels.app: proxy and namespace: shop }',
    ({ destination }) =>
      destination.pods.some((pod) => label(pod, 'app') === 'proxy' && pod.namespace === 'shop'),
  ],
  // One pod has the label and another the namespace: not the same pod.
  ['destination.kubernetes.pods:{ labels.app: exporter and namespace: shop }', () => false],
  [
    'destination.kubernetes.pods:{ labels.app: exporter } and destination.kubernetes.pods:{ namespace: shop }',
    ({ destination }) =>
      destination.pods.some((pod) => label(pod, 'app') === 'exporter') &&
      destination.pods.some((pod) => pod.namespace === 'shop'),
  ],
  [
    'destination.kubernetes.pods:{ labels.app.kubernetes.io/name: (web or proxy) }',
    ({ destination }) => destination.pods.some((pod) => ['web', 'proxy'].includes(label(pod, NAME) ?? '')),
  ],
  [
    'destination.kubernetes.pods:{ labels.app.kubernetes.io/name: * }',
    ({ destination }) => destination.pods.length > 0,
  ],
  // The second pod is in the list only.
  ['destination.kubernetes.pod.labels.app: proxy', () => false],
  // Outside of a group a label of a nested object finds nothing.
  ['destination.kubernetes.pods.labels.app: proxy', () => false],
  [
    'source.kubernetes.namespace: shop and destination.kubernetes.app: (cart or stock)',
    ({ source, destination }) =>
      source.pods[0]?.namespace === 'shop' &&
      ['cart', 'stock'].includes(label(destination.pods[0], 'app') ?? ''),
  ],
  [
    'destination.kubernetes.service.name: cart and network.transport: tcp',
    ({ destination, transport }) => destination.service?.name === 'cart' && transport === 'tcp',
  ],
  [
    'destination.kubernetes.services:{ namespace: depot }',
    ({ destination }) => destination.service?.namespace === 'depot',
  ],
  ['destination.ip: "198.51.100.0/24"', ({ destination }) => destination.ip.startsWith('198.51.100.')],
  ['destination.ip: 10.0.0.0/8', ({ destination }) => destination.ip.startsWith('10.')],
  ['destination.ip: "fd00:42::3:1"', ({ destination }) => destination.ip === 'fd00:42::3:1'],
  [
    'source.bytes > 1000 and source.bytes <= 1500 and not network.transport: tcp',
    ({ source, transport }) => source.bytes > 1000 && source.bytes <= 1500 && transport !== 'tcp',
  ],
  ['not source.port: *', ({ source }) => source.port === undefined],
  [
    'destination.as.organization.name: "Example Net"',
    ({ destination }) => destination.place?.asn?.number === 64500,
  ],
  ['event.category: network and event.action: network_flow', () => true],
];

describe('finds exactly the flows that are meant:', () => {
  test.each(CASES)('%s', async (kql, isMeant) => {
    expect(await find(kql)).toEqual(known(isMeant));
    expect(await find(kql, { ignoreUnmapped: true })).toEqual(known(isMeant));
  });
});

test('most of these queries are about some flows and not all', () => {
  const counts = CASES.map(([, isMeant]) => known(isMeant).length);
  expect(counts.filter((count) => count > 0 && count < records.length).length).toBeGreaterThan(
    CASES.length / 2,
  );
});
