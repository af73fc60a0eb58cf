import { Reader } from 'maxmind';
import type { NatTranslation } from '../../services/core/nat-translation.ts';
import { Enricher } from '../../services/enrichment/document/enrich-batch.ts';
import type { EnricherOptions } from '../../services/enrichment/document/enricher-options.ts';
import type { GeoSource } from '../../services/enrichment/locate/geo-database.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { MapTranslations } from '../fakes/map-translations.ts';
import { TableOfNames } from '../fakes/table-of-names.ts';
import { ASN_MMDB, CITY_MMDB } from '../fixtures/geo-databases.ts';
import { CLUSTER } from '../fixtures/kubernetes-identities.ts';
import { WINDOW } from '../fixtures/observed-flows.ts';

/** Geo databases in memory. */
export function testGeo(): GeoSource {
  const city = new Reader(CITY_MMDB);
  const asn = new Reader(ASN_MMDB);
  return {
    generation: 1,
    city: (ip) => (city.get(ip) as ReturnType<GeoSource['city']> | null) ?? undefined,
    asn: (ip) => (asn.get(ip) as ReturnType<GeoSource['asn']> | null) ?? undefined,
  };
}

/** An enricher with fakes for its ports, a little after the window of the fixtures. */
export function testEnricher(
  options: Partial<EnricherOptions> = {},
  translations: readonly (readonly [string, NatTranslation])[] = [],
) {
  const clock = new UnhurriedClock(WINDOW.endMs + 1000);
  const store = new MapTranslations();
  for (const [id, translation] of translations) store.entries.set(id, translation);
  const names = new TableOfNames(CLUSTER);
  const enricher = new Enricher({
    clock,
    translations: store,
    names,
    geo: testGeo(),
    cluster: 'demo',
    ...options,
  });
  return { enricher, clock, store, names };
}

/** Moves on when somebody waits, but not before those who wait for an answer have it. */
export class UnhurriedClock extends ManualClock {
  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    for (let turn = 0; turn < 20 && !signal?.aborted; turn++) await Promise.resolve();
    return super.sleep(ms, signal);
  }
}
