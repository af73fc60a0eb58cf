import type { Dsl } from '../kql/kql-to-dsl.ts';
import type { Scope } from './security-search.ts';
import { within } from './security-search.ts';
import type { End } from './true-flow.ts';

const TIMESTAMP = { field: '@timestamp', format: 'strict_date_optional_time' };

/** A page of Timeline and of the events tables. */
export function timelineRequest(scope: Scope, from: number, size: number): Dsl {
  return {
    query: within(scope),
    fields: ['*', TIMESTAMP],
    _source: false,
    sort: [{ '@timestamp': { order: 'desc', unmapped_type: 'date' } }],
    from,
    size,
    track_total_hits: true,
  };
}

/** Fields as the server gives them: always lists. */
export type EventFields = Readonly<Record<string, readonly unknown[]>>;

/** What Timeline's renderer of flows asks of an event before it draws it. Values are texts of whole lists. */
export function isDrawnAsFlow(fields: EventFields): boolean {
  const text = (name: string): string => String(fields[name] ?? '').toLowerCase();
  // DNS comes first: such an event is drawn as a question and its answer.
  if (fields['dns.question.name'] !== undefined && fields['dns.question.type'] !== undefined) return false;
  return (
    text('event.category') === 'network_traffic' ||
    ['network_flow', 'netflow_flow'].includes(text('event.action'))
  );
}

/** What that renderer shows of a flow that has it all. */
export const RENDERED_FIELDS = [
  ...[
    'source.ip',
    'source.bytes',
    'source.packets',
    'destination.ip',
    'destination.bytes',
    'destination.packets',
  ],
  ...['network.bytes', 'network.packets', 'network.community_id', 'network.transport', 'network.type'],
  ...['network.direction', 'event.id', 'event.start', 'event.end', 'event.duration'],
] as const;

/** Hosts page: the table. */
export function hostsRequest(scope: Scope, size: number): Dsl {
  return {
    aggregations: {
      host_count: { cardinality: { field: 'host.name' } },
      host_data: {
        terms: { size, field: 'host.name', order: { lastSeen: 'desc' } },
        aggs: {
          lastSeen: { max: { field: '@timestamp' } },
          os: {
            top_hits: {
              size: 1,
              sort: [{ '@timestamp': { order: 'desc' } }],
              _source: false,
              fields: ['host.os.name', 'host.os.version', 'host.risk.calculated_level', 'asset.criticality'],
            },
          },
        },
      },
    },
    query: within(scope),
    _source: false,
    size: 0,
    track_total_hits: false,
  };
}

/** The page of one address: where it is, whose it is, and the host that has it. All times, so the filter stands alone. */
export function addressDetailsRequest(filter: readonly Dsl[], ip: string): Dsl {
  const newest = (fields: string): Dsl => ({
    results: {
      top_hits: { size: 1, _source: false, fields: [fields, TIMESTAMP], sort: [{ '@timestamp': 'desc' }] },
    },
  });
  const of = (end: End): Dsl => ({
    filter: { term: { [`${end}.ip`]: ip } },
    aggs: {
      as: { filter: { exists: { field: `${end}.as` } }, aggs: newest(`${end}.as*`) },
      geo: { filter: { exists: { field: `${end}.geo` } }, aggs: newest(`${end}.geo*`) },
    },
  });
  return {
    aggs: {
      source: of('source'),
      destination: of('destination'),
      host: { filter: { term: { 'host.ip': ip } }, aggs: newest('host*') },
    },
    query: { bool: { filter } },
    size: 0,
    _source: false,
    track_total_hits: false,
  };
}

/** "First seen" and "last seen" of an address. */
export function seenRequest(filter: readonly Dsl[], ip: string, order: 'asc' | 'desc'): Dsl {
  const either = ['source.ip', 'destination.ip', 'host.ip'].map((field) => ({ term: { [field]: ip } }));
  return {
    query: { bool: { filter, should: either, minimum_should_match: 1 } },
    _source: ['@timestamp'],
    fields: [TIMESTAMP],
    size: 1,
    sort: [{ '@timestamp': { order } }],
    track_total_hits: false,
  };
}
