import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Client } from '@elastic/elasticsearch';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { BulkIndex } from '../../services/enrichment/index/bulk-index.ts';
import { ElasticsearchBulk } from '../../services/enrichment/index/elasticsearch-bulk.ts';
import { INDEX_METRICS } from '../../services/enrichment/index/index-metrics.ts';
import { createAuthenticator } from '../../services/enrichment/receive/authenticator.ts';
import { RECEIVE_METRICS } from '../../services/enrichment/receive/receive-metrics.ts';
import { startEnrichment } from '../../services/enrichment/start-enrichment.ts';
import { systemClock } from '../../services/runtime/clock.ts';
import { MetricRegistry } from '../../services/runtime/metrics.ts';
import { Readiness } from '../../services/runtime/readiness.ts';
import { PassThroughEnricher } from '../fakes/pass-through-enricher.ts';
import { quietLogger } from '../fakes/quiet-logger.ts';
import { headerLine, namedEvent, ndjson, PROBE } from '../fixtures/flow-batch.ts';
import { TEST_LIMITS } from '../fixtures/running-enrichment.ts';
import {
  ELASTICSEARCH_START_MS,
  elasticsearchUnavailable,
  startElasticsearch,
} from '../servers/elasticsearch.ts';
import { until } from '../support/until.ts';

const SENDERS = 6;
const BATCHES = 40;
const EVENTS = 25;
const STREAM = 'logs-flowtap.flow-default';

const unavailable = elasticsearchUnavailable();
beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

test('Elasticsearch that is killed and comes back has every event once', {
  timeout: 2 * ELASTICSEARCH_START_MS,
}, async () => {
  const elasticsearch = await startElasticsearch();
  onTestFinished(() => elasticsearch.stop());
  const client = new Client({ node: elasticsearch.url });
  onTestFinished(() => client.close());
  const template = { index_patterns: [STREAM], data_stream: {}, priority: 500 };
  await client.indices.putIndexTemplate({ name: 'flowtap-flow', ...template });

  const metrics = new MetricRegistry();
  const indexMetrics = metrics.define(INDEX_METRICS);
  const target = new ElasticsearchBulk({ client, requestTimeoutMs: 2000, requiredTemplate: 'flowtap-flow' });
  const bulk = { maxBulkBytes: 100_000, maxBulkDocuments: 100, maxDelayMs: 5, concurrency: 2 };
  const limits = { ...bulk, maxQueuedBytes: 1_000_000, timeoutMs: 1500 };
  const log = quietLogger();
  const readiness = new Readiness();
  const enrichment = await startEnrichment({
    address: { host: '127.0.0.1', port: 0 },
    limits: TEST_LIMITS,
    authenticator: createAuthenticator({ authorities: [], allowAnonymous: true }),
    enricher: new PassThroughEnricher(),
    index: new BulkIndex({ target, limits, metrics: indexMetrics, clock: systemClock, log }),
    cluster: undefined,
    namespace: 'default',
    receiveMetrics: metrics.define(RECEIVE_METRICS),
    indexMetrics,
    readiness,
    clock: systemClock,
    log,
  });
  onTestFinished(() => enrichment.close());

  const url = `http://127.0.0.1:${enrichment.address.port}/v1/flows`;
  const statuses = new Map<number, number>();
  let acknowledged = 0;
  const sendAll = async (sender: number): Promise<void> => {
    const probe = { ...PROBE, id: `probe-${sender}`, pod: undefined };
    for (let sequence = 1; sequence <= BATCHES; sequence++) {
      const events = Array.from({ length: EVENTS }, (_, at) => namedEvent(`${sender}/${sequence}/${at}`));
      const body = gzipSync(ndjson([headerLine({ probe, sequence, events: EVENTS }), ...events]));
      const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
      for (let status = 0; status !== 200; ) {
        const response = await fetch(url, { method: 'POST', headers, body });
        status = response.status;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        await response.arrayBuffer();
        if (status !== 200) await wait(100);
      }
      acknowledged++;
    }
  };
  const sending = Promise.all(Array.from({ length: SENDERS }, (_, sender) => sendAll(sender)));
  await until(() => acknowledged > (SENDERS * BATCHES) / 4);
  await elasticsearch.kill();
  const before = acknowledged;
  await until(() => (statuses.get(503) ?? 0) > SENDERS);
  // What was on its way may just have been answered.
  expect(acknowledged - before).toBeLessThanOrEqual(SENDERS);
  await until(() => readiness.reasons().index !== undefined);
  await elasticsearch.restart();
  await sending;

  await client.indices.refresh({ index: STREAM });
  const { aggregations } = await client.search<unknown, { ids: { buckets: { doc_count: number }[] } }>({
    index: STREAM,
    size: 0,
    aggs: { ids: { terms: { field: 'event.id.keyword', size: 10_000 } } },
  });
  const counts = aggregations?.ids.buckets.map((bucket) => bucket.doc_count) ?? [];
  expect(counts).toHaveLength(SENDERS * BATCHES * EVENTS);
  expect(new Set(counts)).toEqual(new Set([1]));
  expect([...statuses.keys()].sort()).toEqual([200, 503]);
  expect(readiness.reasons()).toEqual({});
});
