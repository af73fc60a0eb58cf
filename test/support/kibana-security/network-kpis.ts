import type { Dsl } from '../kql/kql-to-dsl.ts';
import { kqlToDsl } from '../kql/kql-to-dsl.ts';
import type { MappedField } from '../mapped-fields.ts';
import type { Scope } from './security-search.ts';
import { within } from './security-search.ts';
import type { End } from './true-flow.ts';

const FIELDS = new Map<string, MappedField>([
  ['source.ip', { type: 'ip' }],
  ['destination.ip', { type: 'ip' }],
]);

export const PRIVATE_RANGES = ['10.0.0.0/8', '192.168.0.0/16', '172.16.0.0/12', 'fd00::/8'] as const;

/** "Network events": documents with both addresses. */
export function networkEventsRequest(scope: Scope): Dsl {
  const both = [{ exists: { field: 'source.ip' } }, { exists: { field: 'destination.ip' } }];
  return { query: within(scope, ...both), size: 0, track_total_hits: true };
}

/** "Unique flow IDs": they need both addresses too. */
export function uniqueFlowIdsRequest(scope: Scope): Dsl {
  const both = [{ exists: { field: 'source.ip' } }, { exists: { field: 'destination.ip' } }];
  return {
    aggs: { flows: { cardinality: { field: 'network.community_id' } } },
    query: within(scope, ...both),
    size: 0,
  };
}

/** "Unique private IPs" of an end: a filtered metric of Lens. */
export function uniquePrivateIpsRequest(scope: Scope, end: End): Dsl {
  const kql = PRIVATE_RANGES.map((range) => `${end}.ip: "${range}"`).join(' or ');
  return {
    aggs: {
      private: {
        filter: kqlToDsl(kql, { fields: FIELDS }),
        aggs: { ips: { cardinality: { field: `${end}.ip` } } },
      },
    },
    query: within(scope),
    size: 0,
  };
}

/** "Events" of the Network page: how many of which action when. */
export function eventsHistogramRequest(scope: Scope, interval: string): Dsl {
  return {
    aggs: {
      actions: {
        terms: { field: 'event.action', size: 10, order: { _count: 'desc' }, missing: 'All others' },
        aggs: {
          events: {
            date_histogram: {
              field: '@timestamp',
              fixed_interval: interval,
              min_doc_count: 0,
              extended_bounds: { min: Date.parse(scope.from), max: Date.parse(scope.to) },
            },
          },
        },
      },
    },
    query: within(scope),
    size: 0,
    track_total_hits: true,
  };
}

/** Security > Overview, the block of network events. */
export function networkOverviewRequest(scope: Scope): Dsl {
  const only = (field: string, value: string, aggs?: Dsl): Dsl => ({
    filter: { term: { [field]: value } },
    ...(aggs && { aggs }),
  });
  return {
    aggregations: {
      unique_flow_count: only('type', 'flow'),
      unique_dns_count: only('type', 'dns'),
      unique_suricata_count: only('service.type', 'suricata'),
      unique_zeek_count: only('service.type', 'zeek'),
      unique_socket_count: only('event.dataset', 'socket'),
      unique_filebeat_count: only('agent.type', 'filebeat', {
        unique_netflow_count: only('input.type', 'netflow'),
        unique_panw_count: only('event.module', 'panw'),
        unique_cisco_count: only('event.module', 'cisco'),
      }),
      unique_packetbeat_count: only('agent.type', 'packetbeat', {
        unique_tls_count: only('network.protocol', 'tls'),
      }),
    },
    query: within(scope),
    size: 0,
    track_total_hits: false,
  };
}
