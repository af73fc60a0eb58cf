import { randomBytes } from 'node:crypto';
import { Client } from '@elastic/elasticsearch';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ElasticsearchFlowSource } from '../../services/console/elasticsearch/elasticsearch-flow-source.ts';
import type { FlowFilter, FlowSource } from '../../services/console/flow-source.ts';
import { LEVELS } from '../../services/console/flow-source.ts';
import { MemoryFlowSource } from '../../services/console/memory/memory-flow-source.ts';
import type { EnrichedDocument } from '../../services/enrichment/document/enriched-document.ts';
import { CALL_BYTES, CALLS, consoleDocuments, TRAFFIC_END_MS } from '../fixtures/console-traffic.ts';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from '../servers/elasticsearch.ts';
import { sharedElasticsearch } from '../servers/shared-elasticsearch.ts';
import { bulkCreate } from '../support/bulk-create.ts';
import { setUpElasticsearch } from '../support/set-up-elasticsearch.ts';

const { signal } = new AbortController();
const SHOP_CART = { namespace: 'shop', name: 'cart' };
const ALL: FlowFilter = {};
const CALL_COUNT = CALLS.reduce((sum, count) => sum + count, 0);

const documents = await consoleDocuments();
const memory = new MemoryFlowSource(1000);
for (const { stream, body } of documents) memory.add(stream, JSON.parse(body));

/** What both sources are asked; `holds` says what must be true of the answer. */
interface Question {
  readonly name: string;
  readonly ask: (source: FlowSource) => Promise<unknown>;
  readonly holds: (answer: never) => void;
}

function question<Result>(
  name: string,
  ask: (source: FlowSource) => Promise<Result>,
  holds: (answer: Result) => void,
): Question {
  return { name, ask, holds: holds as Question['holds'] };
}

const edgesAt =
  (level: (typeof LEVELS)[number], filter: FlowFilter = ALL, withPorts = false) =>
  (source: FlowSource) =>
    source.edges({ filter, level, withPorts, size: 100 }, signal);
const rowsOf = (filter: FlowFilter) => (source: FlowSource) =>
  source.flows({ filter, sort: 'time', size: 200 }, signal);

async function allPages(source: FlowSource, sort: 'time' | 'bytes'): Promise<readonly string[]> {
  const ids: string[] = [];
  let after: Awaited<ReturnType<FlowSource['flows']>>['next'];
  do {
    const page = await source.flows({ filter: ALL, sort, size: 3, after }, signal);
    ids.push(...page.flows.map(({ flowId }) => flowId));
    after = page.next;
  } while (after !== undefined);
  return ids;
}

const FILTERS: readonly { readonly name: string; readonly filter: FlowFilter; readonly flows: number }[] = [
  { name: 'no filter', filter: ALL, flows: CALL_COUNT + 6 },
  { name: 'a namespace at either end', filter: { namespace: 'depot' }, flows: 1 },
  { name: 'a pod', filter: { pod: 'cart-2' }, flows: 1 },
  { name: 'a service', filter: { service: SHOP_CART }, flows: CALL_COUNT + 1 },
  { name: 'a label', filter: { label: { key: 'track', value: 'canary' } }, flows: 1 },
  {
    name: 'a label with dots and a slash',
    filter: { label: { key: 'app.kubernetes.io/version', value: '1.0' } },
    flows: CALLS[0] + CALLS[1] + 1,
  },
  { name: 'an address', filter: { address: '203.0.113.9' }, flows: 1 },
  { name: 'an address that was translated away', filter: { address: '10.96.0.10' }, flows: CALL_COUNT },
  { name: 'a range of addresses', filter: { address: '10.42.3.0/24' }, flows: 1 },
  { name: 'a port', filter: { port: 5432 }, flows: 1 },
  { name: 'a port that was translated away', filter: { port: 80 }, flows: CALL_COUNT },
  { name: 'a protocol', filter: { transport: 'udp' }, flows: 1 },
  { name: 'an end outside', filter: { destination: { kind: 'outside', name: 'outside' } }, flows: 1 },
  {
    name: 'both ends',
    filter: {
      source: { kind: 'workload', namespace: 'shop', name: 'web' },
      destination: { kind: 'pod', namespace: 'shop', name: 'cart-1' },
    },
    flows: CALLS[1],
  },
  { name: 'a time before', filter: { toMs: TRAFFIC_END_MS }, flows: 0 },
  { name: 'the time, from its first moment', filter: { fromMs: TRAFFIC_END_MS }, flows: CALL_COUNT + 6 },
  { name: 'what nobody has', filter: { namespace: 'shop', port: 1 }, flows: 0 },
];

const QUESTIONS: readonly Question[] = [
  ...LEVELS.map((level) =>
    question(`edges between ${level}s`, edgesAt(level), ({ edges, total, isPartial }) => {
      expect(isPartial).toBe(false);
      expect(edges.reduce((sum, { volume }) => sum + volume.connections, 0)).toBe(CALL_COUNT + 6);
      expect(total.sourceBytes).toBe((CALL_COUNT + 5) * CALL_BYTES.source + 70_000);
    }),
  ),
  question('the edge of a service', edgesAt('service'), ({ edges }) => {
    const edge = edges.find(({ destination }) => destination.name === 'cart');
    expect(edge).toMatchObject({
      source: { kind: 'workload', namespace: 'shop', name: 'web' },
      destination: { kind: 'service', namespace: 'shop', name: 'cart' },
      volume: {
        connections: CALL_COUNT + 1,
        sourceBytes: (CALL_COUNT + 1) * CALL_BYTES.source,
        destinationBytes: (CALL_COUNT + 1) * CALL_BYTES.destination,
        lostBytes: 1500,
        repeatedBytes: 2000,
      },
    });
  }),
  question('talkers with ports', edgesAt('pod', ALL, true), ({ edges }) => {
    expect(edges[0]).toMatchObject({ destination: { kind: 'outside' }, port: 443, transport: 'tcp' });
    expect(edges.filter(({ destination }) => destination.name === 'cart-0').map(({ port }) => port)).toEqual([
      8080, 9090,
    ]);
  }),
  question(
    'a split of what was balanced',
    (source) => source.split({ filter: ALL, service: SHOP_CART, label: 'track', calls: 'auto' }, signal),
    ({ pods, calls, labels }) => {
      expect(calls).toBe('service');
      expect(
        pods.map(({ pod, node, version, label, volume }) => [pod, node, version, label, volume.connections]),
      ).toEqual([
        ['cart-0', 'node-a', '1.0', 'stable', 5],
        ['cart-1', 'node-b', '1.0', 'stable', 4],
        ['cart-2', 'node-b', '2.0', 'canary', 1],
      ]);
      expect(labels).toEqual(['app', 'app.kubernetes.io/version', 'track']);
    },
  ),
  question(
    'a split of all',
    (source) => source.split({ filter: ALL, service: SHOP_CART, calls: 'all' }, signal),
    ({ pods }) => expect(pods.map(({ volume }) => volume.connections)).toEqual([6, 4, 1]),
  ),
  question(
    'a split of a service that nobody called',
    (source) => source.split({ filter: ALL, service: { namespace: 'x', name: 'y' }, calls: 'auto' }, signal),
    (split) => expect(split).toEqual({ pods: [], calls: 'all', labels: [], isPartial: false }),
  ),
  ...FILTERS.map(({ name, filter, flows }) =>
    question(`flows of ${name}`, rowsOf(filter), (page) => {
      expect(page.found).toBe(flows);
      expect(page.flows).toHaveLength(flows);
    }),
  ),
  ...(['time', 'bytes'] as const).map((sort) =>
    question(
      `pages by ${sort}`,
      (source) => allPages(source, sort),
      (ids) => expect(new Set(ids).size).toBe(CALL_COUNT + 6),
    ),
  ),
  question(
    'one flow, and what the other end saw of it',
    async (source) => {
      const { flows } = await source.flows({ filter: { pod: 'cart-2' }, sort: 'time', size: 1 }, signal);
      return source.flow(flows[0].flowId, ALL, signal);
    },
    ({ documents: windows, peers }) => {
      expect(windows).toMatchObject([{ flowtap: { nat: { evidence: 'conntrack' } } }]);
      expect(peers).toMatchObject([{ host: { name: 'node-of-cart-2' } }]);
    },
  ),
  question(
    'a flow that is not there',
    (source) => source.flow('nothing', ALL, signal),
    (history) => expect(history).toEqual({ documents: [], peers: [], isPartial: false }),
  ),
  question(
    'probes, each as it was last',
    (source) => source.probes(ALL, signal),
    ({ probes }) =>
      expect(
        probes.map(({ name, counters }) => [
          name,
          counters['capture.packets'],
          counters['capture.kernel_drops'],
        ]),
      ).toEqual([
        ['cart-0', 200, 7],
        ['web-1', 200, 0],
      ]),
  ),
  question(
    'names',
    (source) => source.names(ALL, signal),
    (names) =>
      expect(names).toEqual({ namespaces: ['depot', 'shop'], services: [SHOP_CART], isPartial: false }),
  ),
];

describe('in memory:', () => {
  test.each(QUESTIONS)('$name', async ({ ask, holds }) => {
    holds((await ask(memory)) as never);
  });

  test('the oldest documents go first', async () => {
    const small = new MemoryFlowSource(2);
    for (const { stream, body } of documents) small.add(stream, JSON.parse(body));
    expect((await rowsOf(ALL)(small)).found).toBe(2);
  });
});

describe('in Elasticsearch, equal to memory:', () => {
  const unavailable = elasticsearchUnavailable();
  const namespace = `console_${randomBytes(4).toString('hex')}`;
  let url: string;
  let client: Client;
  let source: FlowSource;

  beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    const server = await sharedElasticsearch();
    url = server.url;
    await setUpElasticsearch(server.setupUrl);
    await bulkCreate(url, documents.map(inNamespace));
    client = new Client({ node: url });
    source = new ElasticsearchFlowSource({ client, namespace });
  }, ELASTICSEARCH_START_MS);

  afterAll(async () => {
    if (unavailable !== undefined) return;
    await client.close();
    const streams = ['logs-flowtap.flow', 'flowtap-peer', 'metrics-flowtap.probe'].map(
      (name) => `${name}-${namespace}`,
    );
    await fetch(`${url}/_data_stream/${streams.join(',')}`, { method: 'DELETE' });
  });

  function inNamespace({ stream, id, body }: EnrichedDocument): EnrichedDocument {
    const document = JSON.parse(body);
    if (document.data_stream !== undefined) document.data_stream.namespace = namespace;
    return { stream: stream.replace(/-default$/, `-${namespace}`), id, body: JSON.stringify(document) };
  }

  test.each(QUESTIONS)('$name', async ({ ask, holds }) => {
    const answer = await ask(source);
    holds(answer as never);
    expect(plain(answer)).toEqual(plain(await ask(memory)));
  });

  test('before the first flow there is nothing, and no failure', async () => {
    const empty = new ElasticsearchFlowSource({ client, namespace: `${namespace}_empty` });
    expect(await edgesAt('pod')(empty)).toMatchObject({ edges: [], found: 0 });
    expect(await empty.probes(ALL, signal)).toEqual({ probes: [], isPartial: false });
    expect(await empty.names(ALL, signal)).toEqual({ namespaces: [], services: [], isPartial: false });
  });
});

/**
 * As the API gives it, without what a stream's name and a synthetic source change: lists of one value are values there,
 * and times end with their milliseconds.
 */
function plain(answer: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answer, (key, value) => {
      if (key === 'data_stream') return undefined;
      if (Array.isArray(value) && value.length === 1) return value[0];
      return typeof value === 'string' ? value.replace(/^(\d{4}-\S+\.\d{3})\d{6}Z$/, '$1Z') : value;
    }),
  );
}
