import type { MetricTable } from '../runtime/metrics.ts';

/** Metrics of `flowtap kubeagent`. */
export const KUBEAGENT_METRICS = {
  objects: {
    kind: 'gauge',
    name: 'flowtap_kubeagent_listed_objects',
    help: 'Objects of the last whole list, by kind.',
    labels: ['kind'],
  },
  events: {
    kind: 'counter',
    name: 'flowtap_kubeagent_events_total',
    help: 'Events of the API server, by kind and type (replace is a whole list).',
    labels: ['kind', 'type'],
  },
  watchFailures: {
    kind: 'gauge',
    name: 'flowtap_kubeagent_watch_failures',
    help: 'Lists and watches that failed since the start, by kind.',
    labels: ['kind'],
  },
  relists: {
    kind: 'gauge',
    name: 'flowtap_kubeagent_relists',
    help: 'Whole lists since the start because events may have been missed, by kind.',
    labels: ['kind'],
  },
  badLines: {
    kind: 'gauge',
    name: 'flowtap_kubeagent_bad_lines',
    help: 'Lines of watches since the start that could not be read, by kind.',
    labels: ['kind'],
  },
  watchAge: {
    kind: 'gauge',
    name: 'flowtap_kubeagent_watch_age_seconds',
    help: 'Time since the API server last sent a list, an event or a bookmark, by kind.',
    labels: ['kind'],
  },
  queuedEvents: {
    kind: 'gauge',
    name: 'flowtap_kubeagent_queued_events',
    help: 'Events that wait to be written.',
  },
  writes: {
    kind: 'histogram',
    name: 'flowtap_kubeagent_write_seconds',
    help: 'Time that a batch of events takes to be written.',
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
  },
  changedAddresses: {
    kind: 'counter',
    name: 'flowtap_kubeagent_changed_addresses_total',
    help: 'Addresses of which something else became known.',
  },
  writeFailures: {
    kind: 'counter',
    name: 'flowtap_kubeagent_write_failures_total',
    help: 'Batches that could not be written, each try counted.',
  },
  refusedObjects: {
    kind: 'counter',
    name: 'flowtap_kubeagent_refused_objects_total',
    help: 'Objects that the database refused and that are left out, by kind.',
    labels: ['kind'],
  },
  removedRows: {
    kind: 'counter',
    name: 'flowtap_kubeagent_removed_rows_total',
    help: 'Rows removed some time after what they tell of had gone.',
  },
  leader: {
    kind: 'gauge',
    name: 'flowtap_kubeagent_leader',
    help: '1 while this process writes the state store, 0 while it stands by.',
  },
} as const satisfies MetricTable;
