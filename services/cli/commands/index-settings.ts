import { byteSize, duration, integer } from '../../runtime/config-values.ts';

/** How the documents of `flowtap enrichment` get into the index. */
export const INDEX_SETTINGS = {
  maxBulkBytes: {
    flag: '--bulk-size <size>',
    env: 'FLOWTAP_BULK_SIZE',
    parse: byteSize(64 * 1024),
    default: '5MiB',
    doc: 'bytes at which a bulk request is sent',
  },
  maxBulkDocuments: {
    flag: '--bulk-documents <count>',
    env: 'FLOWTAP_BULK_DOCUMENTS',
    parse: integer(1, 100_000),
    default: '2000',
    doc: 'documents at which a bulk request is sent',
  },
  maxBulkDelayMs: {
    flag: '--bulk-delay <duration>',
    env: 'FLOWTAP_BULK_DELAY',
    parse: duration(),
    default: '50ms',
    doc: 'how long documents wait for others to be sent with',
  },
  bulkConcurrency: {
    flag: '--bulk-concurrency <count>',
    env: 'FLOWTAP_BULK_CONCURRENCY',
    parse: integer(1, 64),
    default: '4',
    doc: 'bulk requests at once',
  },
  indexTimeoutMs: {
    flag: '--index-timeout <duration>',
    env: 'FLOWTAP_INDEX_TIMEOUT',
    parse: duration(100),
    default: '20s',
    doc: 'how long the index may take for a batch, before its sender is told to come again',
  },
  shutdownGraceMs: {
    flag: '--shutdown-grace <duration>',
    env: 'FLOWTAP_SHUTDOWN_GRACE',
    parse: duration(),
    default: '25s',
    doc: 'how long to try at the end to deliver what is left',
  },
} as const;
