import type { Client } from '@elastic/elasticsearch';
import { ENRICHER_METRICS, showEnricher } from '../../enrichment/enricher-metrics.ts';
import { BulkIndex } from '../../enrichment/index/bulk-index.ts';
import { ElasticsearchBulk } from '../../enrichment/index/elasticsearch-bulk.ts';
import type { IndexMetrics } from '../../enrichment/index/index-metrics.ts';
import { INDEX_METRICS } from '../../enrichment/index/index-metrics.ts';
import { FLOWS_PATH } from '../../enrichment/receive/flow-app.ts';
import { RECEIVE_METRICS } from '../../enrichment/receive/receive-metrics.ts';
import type { RunningEnrichment } from '../../enrichment/start-enrichment.ts';
import { startEnrichment } from '../../enrichment/start-enrichment.ts';
import type { ConfigOf } from '../../runtime/config.ts';
import { elasticsearchClient } from '../../runtime/elasticsearch/elasticsearch-client.ts';
import type { CommandContext } from '../command-context.ts';
import { checkSenders, openAuthenticator } from '../enrichment/open-authenticator.ts';
import { openEnricher } from '../enrichment/open-enricher.ts';
import { EXIT_SUCCESS } from '../exit-codes.ts';
import type { Service } from '../service.ts';
import { startService } from '../service.ts';
import { DOCUMENT_SETTINGS } from './document-settings.ts';
import { ELASTICSEARCH_SETTINGS, elasticsearchAccess } from './elasticsearch-settings.ts';
import { INDEX_SETTINGS } from './index-settings.ts';
import { KUBERNETES_SETTINGS } from './kubernetes-settings.ts';
import { MEMCACHED_SETTINGS } from './memcached-settings.ts';
import { METERING_SETTINGS } from './metering-settings.ts';
import { POSTGRES_SETTINGS } from './postgres-settings.ts';
import { RECEIVE_SETTINGS } from './receive-settings.ts';
import { SERVICE_SETTINGS } from './service-settings.ts';

export const ENRICHMENT_SETTINGS = {
  ...ELASTICSEARCH_SETTINGS,
  ...POSTGRES_SETTINGS,
  ...MEMCACHED_SETTINGS,
  ...RECEIVE_SETTINGS,
  ...DOCUMENT_SETTINGS,
  ...INDEX_SETTINGS,
  communityIdSeed: METERING_SETTINGS.communityIdSeed,
  ...KUBERNETES_SETTINGS,
  ...SERVICE_SETTINGS,
} as const;

export type EnrichmentConfig = ConfigOf<typeof ENRICHMENT_SETTINGS>;

/** The index template of flow records; `flowtap setup elasticsearch` installs it with the others. */
const REQUIRED_TEMPLATE = 'flowtap-flow';

/** `flowtap enrichment`: takes flows, names them and writes them to Elasticsearch, until the signal. */
export async function runEnrichmentCommand(
  config: EnrichmentConfig,
  context: CommandContext,
): Promise<number> {
  checkSenders(config);
  const client = elasticsearchClient(elasticsearchAccess(config, `flowtap-enrichment/${context.version}`));
  const closers: (() => unknown)[] = [() => client.close()];
  try {
    const service = await startService('enrichment', config, context);
    closers.push(() => service.close());
    const { address } = await start(config, context, { client, service, closers });
    service.log.info(
      { 'server.port': address.port, 'url.path': FLOWS_PATH, tls: config.tlsCertFile !== undefined },
      'taking flows',
    );
    await aborted(context.signal);
    service.log.info('stopping: answering what has begun');
    return EXIT_SUCCESS;
  } finally {
    // In reverse: whoever is asked closes after who asks.
    for (const close of closers.reverse()) await close();
  }
}

interface Parts {
  readonly client: Client;
  readonly service: Service;
  readonly closers: (() => unknown)[];
}

async function start(
  config: EnrichmentConfig,
  context: CommandContext,
  { client, service, closers }: Parts,
): Promise<RunningEnrichment> {
  const { clock } = context;
  const { log, metrics, readiness } = service;
  const receiveMetrics = metrics.define(RECEIVE_METRICS);
  const indexMetrics = metrics.define(INDEX_METRICS);
  const enricherMetrics = metrics.define(ENRICHER_METRICS);
  const { enricher, close } = await openEnricher(config, context, { log, metrics: enricherMetrics });
  closers.push(close);
  showEnricher(enricherMetrics, () => enricher.counters);
  const senders = openAuthenticator(config, context, { log, metrics: receiveMetrics });
  closers.push(() => senders.close());
  const running = await startEnrichment({
    address: config.listen,
    tls:
      config.tlsCertFile === undefined || config.tlsKeyFile === undefined
        ? undefined
        : { certFile: config.tlsCertFile, keyFile: config.tlsKeyFile, clientCaFile: config.tlsClientCaFile },
    limits: { ...config, graceMs: config.shutdownGraceMs },
    authenticator: senders.authenticator,
    enricher,
    index: openIndex(config, context, { client, service, metrics: indexMetrics }),
    cluster: config.cluster,
    namespace: config.dataStreamNamespace,
    ...{ receiveMetrics, indexMetrics, readiness, clock, log },
  });
  closers.push(() => running.close());
  return running;
}

function openIndex(
  config: EnrichmentConfig,
  { clock }: CommandContext,
  parts: { readonly client: Client; readonly service: Service; readonly metrics: IndexMetrics },
): BulkIndex {
  const { client, service, metrics } = parts;
  return new BulkIndex({
    target: new ElasticsearchBulk({
      client,
      requestTimeoutMs: config.elasticsearchTimeoutMs,
      requiredTemplate: REQUIRED_TEMPLATE,
    }),
    limits: {
      maxBulkBytes: config.maxBulkBytes,
      maxBulkDocuments: config.maxBulkDocuments,
      maxDelayMs: config.maxBulkDelayMs,
      concurrency: config.bulkConcurrency,
      // Documents have names that events have not, and are thrice as long.
      maxQueuedBytes: 3 * config.maxInFlightBytes,
      timeoutMs: config.indexTimeoutMs,
    },
    metrics,
    clock,
    log: service.log,
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
