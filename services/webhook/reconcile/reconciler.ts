import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { MetricsOf } from '../../runtime/metrics.ts';
import type { Namespaces } from '../admission/admit.ts';
import type { InjectionRules } from '../inject-probe.ts';
import type { ObjectEvents } from '../object-events.ts';
import type { PodCensus } from './pod-census.ts';
import { takePodCensus } from './pod-census.ts';
import type { PodStateName } from './pod-state.ts';
import { podStateText } from './pod-state.ts';
import type { RECONCILE_METRICS } from './reconcile-metrics.ts';

export interface ReconcilerOptions {
  readonly api: Pick<KubernetesApi, 'request'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly namespaces: Namespaces;
  /** As they are now: files change. */
  readonly rules: () => InjectionRules;
  readonly metrics: MetricsOf<typeof RECONCILE_METRICS>;
  readonly events: Pick<ObjectEvents, 'add'>;
  /** 0 is never. */
  readonly intervalMs: number;
  readonly pageSize?: number;
  readonly maxFindings?: number;
}

const TOLD: ReadonlySet<PodStateName> = new Set(['missing', 'unwanted']);
const RETRY_MS = 5000;
/** So that the looks of several clusters, and of a new leader, do not come in step. */
const JITTER = 0.1;

/**
 * Looks at all pods from time to time, and tells which should have a probe and have none, or the other way round. Only
 * tells: it never deletes or restarts anything. One of several webhooks runs it.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  /** What `flowtap_webhook_pods` shows now. */
  readonly #shown = new Set<string>();
  #lastRunMs: number | undefined;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { metrics, clock } = options;
    metrics.reconcileAge.read(() =>
      this.#lastRunMs === undefined ? 0 : (clock.now() - this.#lastRunMs) / 1000,
    );
  }

  /** Until the signal is aborted; then its gauges show nothing, as those of the next leader do. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs, log, metrics } = this.#options;
    if (intervalMs === 0) return;
    const backoff = new Backoff(Math.min(RETRY_MS, intervalMs), intervalMs);
    try {
      while (!signal.aborted) {
        try {
          await this.#look(signal);
          backoff.reset();
          await clock.sleep(intervalMs * (1 - JITTER + Math.random() * JITTER * 2), signal);
        } catch (error) {
          if (signal.aborted) return;
          metrics.reconcileFailures.add(1);
          const waitMs = backoff.next();
          log.warn({ error, waitMs: Math.round(waitMs) }, 'the pods could not be looked at');
          await clock.sleep(waitMs, signal);
        }
      }
    } finally {
      this.#lastRunMs = undefined;
      this.#show({ counts: new Map(), findings: [], omitted: 0 });
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { api, clock, log, namespaces, rules, metrics, events, pageSize, maxFindings } = this.#options;
    const startedMs = clock.now();
    const census = await takePodCensus({
      ...{ api, namespaces, signal, rules: rules() },
      ...(pageSize !== undefined && { pageSize }),
      ...(maxFindings !== undefined && { maxFindings }),
    });
    metrics.reconcileSeconds.observe((clock.now() - startedMs) / 1000);
    this.#lastRunMs = clock.now();
    this.#show(census);
    for (const { namespace, about, advice, ...state } of census.findings) {
      // Of the others the webhook has told when they were made, or nothing is wrong with them.
      if (!TOLD.has(state.state) || about.uid === undefined) continue;
      const message = `${podStateText(state)} To do: ${advice}`;
      events.add({ namespace, about, type: 'Warning', reason: state.state, message, action: 'Reconcile' });
    }
    const pods = Object.fromEntries(census.counts);
    log.info({ pods, workloads: census.findings.length, omitted: census.omitted }, 'looked at all pods');
  }

  #show({ counts, omitted }: PodCensus): void {
    const { pods, unreported } = this.#options.metrics;
    for (const key of new Set([...this.#shown, ...counts.keys()])) {
      const [state, reason = ''] = key.split(' ');
      pods.set(counts.get(key) ?? 0, { state, reason });
      this.#shown.add(key);
    }
    unreported.set(omitted);
  }
}
