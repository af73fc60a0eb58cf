import type { MetricsOf, MetricTable } from '../../runtime/metrics.ts';

export const INDEX_METRICS = {
  documents: {
    kind: 'counter',
    name: 'flowtap_enrichment_index_documents_total',
    help: 'Documents by what became of them: created, duplicate (already there), rejected (a dead letter says why), retry (not taken, the sender keeps it).',
    labels: ['outcome'],
  },
  bulks: {
    kind: 'counter',
    name: 'flowtap_enrichment_index_bulks_total',
    help: 'Bulk requests by how they ended: done, partial (some documents to be tried again), too_large (split), failed.',
    labels: ['result'],
  },
  bulkSeconds: {
    kind: 'histogram',
    name: 'flowtap_enrichment_index_bulk_seconds',
    help: 'Time that a bulk request took.',
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
  },
  bulkDocuments: {
    kind: 'histogram',
    name: 'flowtap_enrichment_index_bulk_documents',
    help: 'Documents in a bulk request.',
    buckets: [1, 10, 100, 300, 1000, 3000, 10_000],
  },
  itemRetries: {
    kind: 'counter',
    name: 'flowtap_enrichment_index_item_retries_total',
    help: 'Documents that the index asked to send again, by the HTTP status that it gave them.',
    labels: ['status'],
  },
  queuedBytes: {
    kind: 'gauge',
    name: 'flowtap_enrichment_index_queued_bytes',
    help: 'Bytes of documents that wait for the index or are on their way.',
  },
  queueRefusals: {
    kind: 'counter',
    name: 'flowtap_enrichment_index_queue_refusals_total',
    help: 'Documents not queued because too many bytes waited; their senders keep them.',
  },
  deadLetters: {
    kind: 'counter',
    name: 'flowtap_enrichment_dead_letters_total',
    help: 'Dead letters written, by the stage that refused: receive, enrich or index.',
    labels: ['stage'],
  },
  deadLettersLost: {
    kind: 'counter',
    name: 'flowtap_enrichment_dead_letters_lost_total',
    help: 'Dead letters that the index refused too; only the log has their reason.',
  },
} as const satisfies MetricTable;

export type IndexMetrics = MetricsOf<typeof INDEX_METRICS>;
