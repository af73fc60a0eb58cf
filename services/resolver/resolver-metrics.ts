import type { MetricTable } from '../runtime/metrics.ts';

/** What is measured of the resolver. */
export const RESOLVER_METRICS = {
  events: {
    kind: 'counter',
    name: 'flowtap_resolver_events_total',
    help: 'Events of the connection table, by type: created, destroyed.',
    labels: ['type'],
  },
  malformed: {
    kind: 'counter',
    name: 'flowtap_resolver_malformed_messages_total',
    help: 'Messages of the kernel that could not be read.',
  },
  overruns: {
    kind: 'counter',
    name: 'flowtap_resolver_overruns_total',
    help: 'How often events were lost because they were not read in time; the table is read again after each.',
  },
  lostEvents: {
    kind: 'gauge',
    name: 'flowtap_resolver_lost_events',
    help: 'Events lost in overruns since the start, as the kernel counts them.',
  },
  unreadBytes: {
    kind: 'gauge',
    name: 'flowtap_resolver_unread_bytes',
    help: 'Memory of the kernel taken by events that are not read yet.',
  },
  receiveBufferBytes: {
    kind: 'gauge',
    name: 'flowtap_resolver_receive_buffer_bytes',
    help: 'How much that memory may be before events are lost.',
  },
  connections: {
    kind: 'gauge',
    name: 'flowtap_resolver_connections',
    help: 'Translated connections, as of the latest reading of the table and the events since, by family (ipv4, ipv6) and protocol.',
    labels: ['family', 'protocol'],
  },
  resyncs: {
    kind: 'counter',
    name: 'flowtap_resolver_resyncs_total',
    help: 'Readings of the whole connection table, by reason: start, interval, overrun, cache_lost, queue_overflow, services, incomplete.',
    labels: ['reason'],
  },
  resyncSeconds: {
    kind: 'histogram',
    name: 'flowtap_resolver_resync_seconds',
    help: 'How long a reading of the whole connection table takes.',
    buckets: [0.01, 0.1, 0.5, 1, 5, 10, 60],
  },
  lastResync: {
    kind: 'gauge',
    name: 'flowtap_resolver_last_resync_timestamp_seconds',
    help: 'When the latest whole reading of the connection table ended, in seconds since 1970.',
  },
  translations: {
    kind: 'counter',
    name: 'flowtap_resolver_translations_total',
    help: 'Translations put into the queue, by what they come from: created, destroyed, resync.',
    labels: ['origin'],
  },
  unnamed: {
    kind: 'counter',
    name: 'flowtap_resolver_unnamed_translations_total',
    help: 'Translations of destinations that are of no known service.',
  },
  written: {
    kind: 'counter',
    name: 'flowtap_resolver_written_total',
    help: 'Translations that memcached has taken.',
  },
  writeLag: {
    kind: 'histogram',
    name: 'flowtap_resolver_write_lag_seconds',
    help: 'From the reading of an event to when memcached has its translation.',
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
  },
  rewrites: {
    kind: 'counter',
    name: 'flowtap_resolver_rewrites_total',
    help: 'Translations that memcached did not take, and that are written again.',
  },
  dropped: {
    kind: 'counter',
    name: 'flowtap_resolver_dropped_translations_total',
    help: 'Translations given up, by cause: overflow (too many waited), shutdown.',
    labels: ['cause'],
  },
  queued: {
    kind: 'gauge',
    name: 'flowtap_resolver_queued_translations',
    help: 'Translations that wait for memcached.',
  },
  cacheFailures: {
    kind: 'counter',
    name: 'flowtap_resolver_cache_failures_total',
    help: 'Operations without an answer of memcached, by cause: connection, timeout, paused, overload, refused.',
    labels: ['cause'],
  },
  services: {
    kind: 'gauge',
    name: 'flowtap_resolver_services',
    help: 'Services known.',
  },
} as const satisfies MetricTable;
