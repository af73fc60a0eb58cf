import type { MetricTable } from '../runtime/metrics.ts';

export const WEBHOOK_METRICS = {
  decisions: {
    kind: 'counter',
    name: 'flowtap_webhook_decisions_total',
    help: 'Admissions by what was decided (docs/injection.md lists the reasons).',
    labels: ['reason', 'dry_run'],
  },
  failures: {
    kind: 'counter',
    name: 'flowtap_webhook_failures_total',
    help: "Admissions that were not answered, so that the webhook configuration's failurePolicy decides, by cause: content_type, too_large, malformed, namespace, internal.",
    labels: ['cause'],
  },
  admissionSeconds: {
    kind: 'histogram',
    name: 'flowtap_webhook_admission_seconds',
    help: 'Time from a complete request to its answer.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  },
  patchBytes: {
    kind: 'histogram',
    name: 'flowtap_webhook_patch_bytes',
    help: 'Sizes of patches before they are encoded.',
    buckets: [500, 1000, 2000, 4000, 8000, 16_000],
  },
  ignoredSettings: {
    kind: 'counter',
    name: 'flowtap_webhook_ignored_settings_total',
    help: "Admissions in which a setting of the namespace's annotations could not be used.",
  },
  namespaceLookups: {
    kind: 'counter',
    name: 'flowtap_webhook_namespace_lookups_total',
    help: 'Namespaces that were asked for at an admission, as they were not known yet.',
  },
  namespaces: {
    kind: 'gauge',
    name: 'flowtap_webhook_namespaces',
    help: 'Namespaces known now.',
  },
  watchAge: {
    kind: 'gauge',
    name: 'flowtap_webhook_watch_age_seconds',
    help: 'Time since the API server last told of namespaces or said that there is nothing to tell.',
  },
  watchFailures: {
    kind: 'counter',
    name: 'flowtap_webhook_watch_failures_total',
    help: 'Failed lists and watches of namespaces.',
  },
  events: {
    kind: 'counter',
    name: 'flowtap_webhook_events_total',
    help: 'Kubernetes Events by what became of them: written, repeated (told within the hour), dropped (too many waited), failed.',
    labels: ['outcome'],
  },
} as const satisfies MetricTable;
