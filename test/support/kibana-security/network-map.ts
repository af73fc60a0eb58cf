import type { Dsl } from '../kql/kql-to-dsl.ts';
import type { Scope } from './security-search.ts';
import { within } from './security-search.ts';

const FROM = 'source.geo.location';
const TO = 'destination.geo.location';

/** Without all of these in the mapping the page shows no map. */
export const MAP_FIELDS = ['source.bytes', FROM, 'destination.bytes', TO] as const;

/** Lines of the map: from the tiles where sources are to each place of a destination. */
export function mapLinesRequest(scope: Scope, tilePrecision: number): Dsl {
  return {
    aggs: {
      destSplit: {
        terms: {
          script: { source: `doc['${TO}'].value.toString()`, lang: 'painless' },
          order: { _count: 'desc' },
          size: 100,
        },
        aggs: {
          sourceGrid: {
            geotile_grid: { field: FROM, precision: tilePrecision, size: 500 },
            aggs: {
              sourceCentroid: { geo_centroid: { field: FROM } },
              sum_of_source_bytes: { sum: { field: 'source.bytes' } },
              sum_of_destination_bytes: { sum: { field: 'destination.bytes' } },
            },
          },
        },
      },
    },
    query: within(scope, { exists: { field: TO } }, { exists: { field: FROM } }),
    size: 0,
    track_total_hits: false,
  };
}

/** Where the map zooms to. */
export function mapBoundsRequest(scope: Scope): Dsl {
  return {
    aggs: {
      destFitToBounds: { geo_bounds: { field: TO } },
      sourceFitToBounds: { geo_bounds: { field: FROM } },
    },
    query: within(scope, { exists: { field: TO } }, { exists: { field: FROM } }),
    size: 0,
    track_total_hits: false,
  };
}
