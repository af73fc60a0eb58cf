import type { MetricsOf, MetricTable } from '../../runtime/metrics.ts';

export const RECEIVE_METRICS = {
  requests: {
    kind: 'counter',
    name: 'flowtap_enrichment_requests_total',
    help: 'Requests to POST /v1/flows by the status of their answer.',
    labels: ['status'],
  },
  refusals: {
    kind: 'counter',
    name: 'flowtap_enrichment_refusals_total',
    help: 'Requests refused as a whole, by reason (docs/enrichment.md); sender_gone: the connection ended before the body did.',
    labels: ['reason'],
  },
  requestSeconds: {
    kind: 'histogram',
    name: 'flowtap_enrichment_request_seconds',
    help: 'Time from the head of a request to its answer, until the index has everything.',
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
  },
  sentBytes: {
    kind: 'counter',
    name: 'flowtap_enrichment_received_bytes_total',
    help: 'Bytes of bodies, as they were sent.',
  },
  bodyBytes: {
    kind: 'counter',
    name: 'flowtap_enrichment_decompressed_bytes_total',
    help: 'Bytes of bodies after decompression.',
  },
  events: {
    kind: 'counter',
    name: 'flowtap_enrichment_events_total',
    help: 'Lines of bodies, the header aside: taken, or refused because of what is in them.',
    labels: ['outcome'],
  },
  enrichFailures: {
    kind: 'counter',
    name: 'flowtap_enrichment_events_failed_total',
    help: 'Events that enrichment could not make a document of; a dead letter says why.',
  },
  heartbeats: {
    kind: 'counter',
    name: 'flowtap_enrichment_heartbeats_total',
    help: "Heartbeats of probes, written to the probes' metrics stream.",
  },
  inFlightBytes: {
    kind: 'gauge',
    name: 'flowtap_enrichment_in_flight_bytes',
    help: 'Bytes received that the index does not have yet; at most --max-in-flight.',
  },
  senders: {
    kind: 'counter',
    name: 'flowtap_enrichment_senders_total',
    help: 'Requests by how their sender proved who it is.',
    labels: ['method'],
  },
  tokenReviews: {
    kind: 'counter',
    name: 'flowtap_enrichment_token_reviews_total',
    help: 'Questions to the Kubernetes API about a token, by its answer: accepted, forbidden, unknown, or undecided where there was none.',
    labels: ['outcome'],
  },
} as const satisfies MetricTable;

export type ReceiveMetrics = MetricsOf<typeof RECEIVE_METRICS>;
