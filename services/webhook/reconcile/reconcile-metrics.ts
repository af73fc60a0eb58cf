import type { MetricTable } from '../../runtime/metrics.ts';

export const RECONCILE_METRICS = {
  pods: {
    kind: 'gauge',
    name: 'flowtap_webhook_pods',
    help: 'Pods that run, as the leading webhook last saw them: with_probe, outdated, missing, unwanted, or excluded for a reason (docs/injection.md); 0 from the others.',
    labels: ['state', 'reason'],
  },
  unreported: {
    kind: 'gauge',
    name: 'flowtap_webhook_pods_unreported',
    help: 'Pods of these that no Event tells of, as too many workloads have such.',
  },
  reconcileAge: {
    kind: 'gauge',
    name: 'flowtap_webhook_reconcile_age_seconds',
    help: 'Time since the leading webhook last looked at all pods; 0 before the first time, and from the others.',
  },
  reconcileSeconds: {
    kind: 'histogram',
    name: 'flowtap_webhook_reconcile_seconds',
    help: 'How long it took to look at all pods.',
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300],
  },
  reconcileFailures: {
    kind: 'counter',
    name: 'flowtap_webhook_reconcile_failures_total',
    help: 'Times when the pods could not be looked at.',
  },
} as const satisfies MetricTable;
