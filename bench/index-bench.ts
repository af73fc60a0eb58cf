import { Enricher } from '../services/enrichment/document/enrich-batch.ts';
import type { EnrichedDocument } from '../services/enrichment/document/enriched-document.ts';
import { BulkIndex } from '../services/enrichment/index/bulk-index.ts';
import { ElasticsearchBulk } from '../services/enrichment/index/elasticsearch-bulk.ts';
import { INDEX_METRICS } from '../services/enrichment/index/index-metrics.ts';
import { asFlow } from '../services/enrichment/receive/flow-check.ts';
import { systemClock } from '../services/runtime/clock.ts';
import { elasticsearchClient } from '../services/runtime/elasticsearch/elasticsearch-client.ts';
import { createLogger } from '../services/runtime/logger.ts';
import { MetricRegistry } from '../services/runtime/metrics.ts';
import { Terminal } from '../services/runtime/terminal.ts';
import { startElasticsearch } from '../test/servers/elasticsearch.ts';
import { setUpElasticsearch } from '../test/support/set-up-elasticsearch.ts';
import type { EnrichmentLoad } from './enrichment-load.ts';
import { enrichmentLoad } from './enrichment-load.ts';
import type { Table } from './table.ts';
import { decimal, integer } from './table.ts';

export interface IndexResult {
  readonly flows: number;
  /** Of a round: indexing finished documents, and making them of records while indexing. */
  readonly finishedSeconds: number;
  readonly enrichedSeconds: number;
}

const PODS = 15_000;
const BATCH = 500;
/** Batches under way at once. */
const CONCURRENCY = 4;
const ROUNDS = 3;
const MIB = 2 ** 20;

type MakeBatch = (at: number) => Promise<readonly EnrichedDocument[]>;

/**
 * Records to documents in a real Elasticsearch, beside indexing the same documents when they are finished already, by
 * the same way and as many at once. The median of rounds that take turns; each round's documents are new ones.
 */
export async function benchIndex(quick: boolean, progress: (text: string) => void): Promise<IndexResult> {
  const flows = quick ? 5_000 : 20_000;
  progress(`indexing of ${flows} flows`);
  const server = await startElasticsearch();
  try {
    await setUpElasticsearch(server.setupUrl);
    const load = enrichmentLoad(PODS, flows, Math.floor(Date.now() / 10_000) * 10_000 - 60_000);
    const index = openIndex(server.url);
    const finished: number[] = [];
    const enriched: number[] = [];
    // The first round is for what is remembered, and for the compilers of both.
    for (let round = 0; round <= ROUNDS; round++) {
      const ready: (readonly EnrichedDocument[])[] = [];
      const before = enricherOf(load, `finished-${round}`);
      for (let at = 0; at < flows; at += BATCH) ready.push(await before(at));
      const along = enricherOf(load, `enriched-${round}`);
      const times = [
        await seconds(index, flows, (at) => Promise.resolve(ready[at / BATCH])),
        await seconds(index, flows, along),
      ] as const;
      if (round === 0) continue;
      finished.push(times[0]);
      enriched.push(times[1]);
      progress(`  round ${round}: finished ${times[0].toFixed(2)} s, enriched ${times[1].toFixed(2)} s`);
    }
    await index.close();
    return { flows, finishedSeconds: median(finished), enrichedSeconds: median(enriched) };
  } finally {
    await server.stop();
  }
}

export function indexTable({ flows, finishedSeconds, enrichedSeconds }: IndexResult): Table {
  const row = (name: string, time: number): readonly string[] => [
    ...[name, decimal(time, 2), integer(flows / time), decimal(time / finishedSeconds, 2)],
  ];
  return {
    head: [`${integer(flows)} flows`, 's', 'flows/s', 'of finished documents'],
    rows: [row('finished documents', finishedSeconds), row('records, enriched on the way', enrichedSeconds)],
  };
}

function openIndex(url: string): BulkIndex {
  const client = elasticsearchClient({
    urls: [url],
    requestTimeoutMs: 60_000,
    isCompressed: false,
    userAgent: 'flowtap-bench',
  });
  return new BulkIndex({
    target: new ElasticsearchBulk({ client, requestTimeoutMs: 60_000, requiredTemplate: 'flowtap-flow' }),
    limits: {
      maxBulkBytes: 8 * MIB,
      maxBulkDocuments: 2000,
      maxDelayMs: 20,
      concurrency: 2,
      maxQueuedBytes: 256 * MIB,
      timeoutMs: 60_000,
    },
    metrics: new MetricRegistry().define(INDEX_METRICS),
    clock: systemClock,
    log: createLogger({
      ...{ service: 'bench', level: 'error', clock: systemClock },
      terminal: new Terminal(process.stderr, process.env),
    }),
  });
}

/** Another cluster's name makes other ids of the same records. */
function enricherOf({ lines, names, translations }: EnrichmentLoad, cluster: string): MakeBatch {
  const enricher = new Enricher({ clock: systemClock, names, translations, cluster });
  return (at) => {
    const events = lines.slice(at, at + BATCH).map((line) => asFlow(JSON.parse(line)));
    return enricher.enrich(events, { name: 'bench', lossy: false });
  };
}

/** Until the index has everything. */
async function seconds(index: BulkIndex, flows: number, make: MakeBatch): Promise<number> {
  const startMs = performance.now();
  const never = new AbortController().signal;
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < flows) {
      const at = next;
      next += BATCH;
      const outcomes = await index.write(await make(at), never);
      const failed = outcomes.find(({ kind }) => kind !== 'created');
      if (failed !== undefined) throw new Error(`the index answered ${JSON.stringify(failed)}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return (performance.now() - startMs) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
