import type { ServicePart } from './services-page.ts';

export type ServiceName = 'enrichment' | 'index' | 'identify' | 'resolver' | 'webhook';
type Progress = (text: string) => void;

/** Each measures its service, and says what it is. What is not measured costs no time to load. */
export const SERVICE_PARTS: Readonly<
  Record<ServiceName, (quick: boolean, progress: Progress) => Promise<ServicePart>>
> = {
  enrichment: async (quick, progress) => {
    const { benchEnrichment, enrichmentTable } = await import('./enrichment-bench.ts');
    return {
      title: 'Enrichment alone',
      text:
        'From lines of JSON to documents with names, places and translations, on one thread, without an index. CPU time,\n' +
        'all threads of the process together. The floor reads the JSON of the same lines and writes it again.',
      result: enrichmentTable(await benchEnrichment(quick, progress)),
    };
  },
  index: async (quick, progress) => {
    const { benchIndex, indexTable } = await import('./index-bench.ts');
    const { elasticsearchUnavailable } = await import('../test/servers/elasticsearch.ts');
    return {
      title: 'Enrichment into Elasticsearch',
      text:
        'The time until a real Elasticsearch on the same cores has acknowledged every document: finished documents, and\n' +
        'documents that are made of records on the way.',
      result: elasticsearchUnavailable() ?? indexTable(await benchIndex(quick, progress)),
    };
  },
  identify: async (quick, progress) => {
    const { benchIdentify, identifyTable } = await import('./identify-bench.ts');
    const { postgresUnavailable } = await import('../test/servers/postgres.ts');
    const title = 'Who had an address';
    const text = 'A batch of 500 addresses and times, asked of a real PostgreSQL by one call of `identify`.';
    const reason = postgresUnavailable();
    if (reason !== undefined) return { title, text, result: reason };
    const bench = await benchIdentify(quick ? 15_000 : 150_000, progress);
    return { title, text, result: identifyTable(bench), plan: bench.plan };
  },
  resolver: async (quick, progress) => {
    const { benchResolver, resolverImpossible, resolverLoads, resolverTable } = await import(
      './resolver-bench.ts'
    );
    return {
      title: 'Resolver',
      text:
        'New connections through a ClusterIP in iptables, while the resolver reads the connection table and writes to a real\n' +
        'memcached. What the backends counted is what memcached must have.',
      result: resolverImpossible() ?? resolverTable(await benchResolver(resolverLoads(quick), progress)),
    };
  },
  webhook: async (quick, progress) => {
    const { benchWebhook, webhookImpossible, webhookTable } = await import('./webhook-bench.ts');
    return {
      title: 'Webhook',
      text:
        'Admissions of a pod of three containers over TLS, the webhook on one core, the sender on the other. Latency from when\n' +
        'a request was due. The floor is the same server without a decision: it parses the body and answers a constant.',
      result: webhookImpossible() ?? webhookTable(await benchWebhook(quick, progress)),
    };
  },
};
