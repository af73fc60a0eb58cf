import type { MetricsOf, MetricTable } from '../runtime/metrics.ts';
import type { EnrichmentCounters } from './document/enrich-batch.ts';

export const ENRICHER_METRICS = {
  ends: {
    kind: 'counter',
    name: 'flowtap_enrichment_ends_total',
    help: 'Ends of records by how they were named (`named_by` in docs/documents.md).',
    labels: ['named_by'],
  },
  documents: {
    kind: 'counter',
    name: 'flowtap_enrichment_documents_total',
    help: 'Documents made: records, and peers, which are the other side of a conversation that counts already.',
    labels: ['kind'],
  },
  untranslated: {
    kind: 'counter',
    name: 'flowtap_enrichment_untranslated_total',
    help: 'Flows to the address of a service of which it is not known which pod answered.',
  },
  disputed: {
    kind: 'counter',
    name: 'flowtap_enrichment_disputed_addresses_total',
    help: "Ends at an address that the sender says is its pod's, while the state store says that it is somebody else's.",
  },
  degraded: {
    kind: 'counter',
    name: 'flowtap_enrichment_degraded_total',
    help: 'Documents that lack something because a store did not answer.',
  },
  translations: {
    kind: 'counter',
    name: 'flowtap_enrichment_translations_total',
    help: 'Address translations: lookup in the cache, remembered from before, applied, among them turned round, mismatched.',
    labels: ['what'],
  },
  inferred: {
    kind: 'counter',
    name: 'flowtap_enrichment_inferred_translations_total',
    help: "Translations that were concluded from servers' own records.",
  },
  identities: {
    kind: 'counter',
    name: 'flowtap_enrichment_identities_total',
    help: 'Addresses that were to be named: wanted, among them remembered from before, asked of the state store, changed_hands during the record and so without a name.',
    labels: ['what'],
  },
  rememberedAddresses: {
    kind: 'gauge',
    name: 'flowtap_enrichment_remembered_addresses',
    help: 'Addresses of which something is remembered now.',
  },
  lossPairs: {
    kind: 'counter',
    name: 'flowtap_enrichment_loss_observations_total',
    help: 'Observations of one end of a connection, and those for which the other end was at hand: observed, paired.',
    labels: ['what'],
  },
  portCalls: {
    kind: 'counter',
    name: 'flowtap_enrichment_port_calls_total',
    help: 'Calls of a store (names, nat, loss) by how they ended: answered, failed, timeout, skipped because it had just failed.',
    labels: ['port', 'result'],
  },
  cacheFailures: {
    kind: 'counter',
    name: 'flowtap_enrichment_cache_failures_total',
    help: 'Operations without an answer of memcached, by port (nat, loss) and cause: connection, timeout, paused, overload, refused.',
    labels: ['port', 'cause'],
  },
} as const satisfies MetricTable;

/** Shows what the enricher counts. */
export function showEnricher(
  metrics: MetricsOf<typeof ENRICHER_METRICS>,
  counters: () => EnrichmentCounters,
): void {
  type Counters = EnrichmentCounters;
  for (const named_by of keysOf(counters().documents.ends)) {
    metrics.ends.read(() => counters().documents.ends[named_by], { named_by });
  }
  metrics.documents.read(() => counters().documents.records, { kind: 'record' });
  metrics.documents.read(() => counters().documents.peers, { kind: 'peer' });
  metrics.untranslated.read(() => counters().documents.untranslated);
  metrics.disputed.read(() => counters().documents.disputed);
  metrics.degraded.read(() => counters().documents.degraded);
  const translations: Readonly<Record<string, (of: Counters['translation']) => number>> = {
    lookup: ({ lookups }) => lookups,
    remembered: ({ cacheHits }) => cacheHits,
    applied: ({ translated }) => translated,
    turned: ({ turned }) => turned,
    mismatched: ({ mismatches }) => mismatches,
  };
  for (const [what, read] of Object.entries(translations)) {
    metrics.translations.read(() => read(counters().translation), { what });
  }
  metrics.inferred.read(() => counters().inference.entries);
  metrics.identities.read(() => counters().identity.addresses, { what: 'wanted' });
  metrics.identities.read(() => counters().identity.remembered, { what: 'remembered' });
  metrics.identities.read(() => counters().identity.queries, { what: 'asked' });
  metrics.identities.read(() => counters().identity.changedHands, { what: 'changed_hands' });
  metrics.rememberedAddresses.read(() => counters().rememberedAddresses);
  metrics.lossPairs.read(() => counters().loss.observed, { what: 'observed' });
  metrics.lossPairs.read(() => counters().loss.paired, { what: 'paired' });
  for (const port of keysOf(counters().ports)) {
    const of = () => counters().ports[port];
    metrics.portCalls.read(() => of().calls - of().failures - of().timeouts, { port, result: 'answered' });
    metrics.portCalls.read(() => of().failures, { port, result: 'failed' });
    metrics.portCalls.read(() => of().timeouts, { port, result: 'timeout' });
    metrics.portCalls.read(() => of().skipped, { port, result: 'skipped' });
  }
}

function keysOf<Name extends string>(record: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(record) as Name[];
}
