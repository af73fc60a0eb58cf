import type { Dsl } from '../kql/kql-to-dsl.ts';
import type { Scope } from './security-search.ts';
import { within } from './security-search.ts';
import type { End } from './true-flow.ts';
import { opposite } from './true-flow.ts';

const TIMESTAMP = { field: '@timestamp', format: 'strict_date_optional_time' };

export interface TableRequest {
  readonly end: End;
  readonly size: number;
  readonly order: Readonly<Record<string, 'asc' | 'desc'>>;
}

/** Tables "Source IPs" and "Destination IPs" of the Network page. */
export function topFlowRequest(scope: Scope, { end, size, order }: TableRequest): Dsl {
  const latest = (what: 'geo' | 'as', name: string): Dsl => ({
    filter: { exists: { field: `${end}.${what}` } },
    aggs: { [name]: { top_hits: { _source: false, fields: [`${end}.${what}.*`, TIMESTAMP], size: 1 } } },
  });
  return {
    aggregations: {
      [end]: {
        terms: { field: `${end}.ip`, size, order },
        aggs: {
          ...bytesBothWays(end),
          domain: {
            terms: { field: `${end}.domain`, order: { timestamp: 'desc' } },
            aggs: { timestamp: { max: { field: '@timestamp' } } },
          },
          location: latest('geo', 'top_geo'),
          autonomous_system: latest('as', 'top_as'),
          flows: { cardinality: { field: 'network.community_id' } },
          [`${opposite(end)}_ips`]: { cardinality: { field: `${opposite(end)}.ip` } },
        },
      },
    },
    ...countsOnly(scope),
  };
}

/** How many rows such a table has. */
export function topFlowCountRequest(scope: Scope, end: End): Dsl {
  return {
    aggregations: { top_n_flow_count: { cardinality: { field: `${end}.ip` } } },
    ...countsOnly(scope),
  };
}

/** Tables "Source countries" and "Destination countries". */
export function topCountriesRequest(scope: Scope, { end, size, order }: TableRequest): Dsl {
  const field = `${end}.geo.country_iso_code`;
  return {
    aggregations: {
      top_countries_count: { cardinality: { field } },
      [end]: {
        terms: { field, size, order },
        aggs: {
          ...bytesBothWays(end),
          flows: { cardinality: { field: 'network.community_id' } },
          source_ips: { cardinality: { field: 'source.ip' } },
          destination_ips: { cardinality: { field: 'destination.ip' } },
        },
      },
    },
    ...countsOnly(scope),
  };
}

function bytesBothWays(end: End): Dsl {
  return {
    bytes_in: { sum: { field: `${opposite(end)}.bytes` } },
    bytes_out: { sum: { field: `${end}.bytes` } },
  };
}

function countsOnly(scope: Scope): Dsl {
  return { query: within(scope), _source: false, size: 0, track_total_hits: false };
}
