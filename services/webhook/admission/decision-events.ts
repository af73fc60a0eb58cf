import type { Clock } from '../../runtime/clock.ts';
import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Counter } from '../../runtime/metrics.ts';
import type { Pod, PodOwner } from '../pod.ts';
import type { Decision } from '../policy/decision.ts';
import { decisionText, hasProbe, isUnexpected } from '../policy/decision.ts';

export interface DecisionEventsOptions {
  readonly api: Pick<KubernetesApi, 'request'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly count: Counter<readonly [labels: Readonly<Record<'outcome', string>>]>;
  /** Which instance of the webhook reports. */
  readonly instance: string;
  readonly maxQueued?: number;
}

interface QueuedEvent {
  readonly namespace: string;
  readonly about: PodOwner;
  readonly decision: Decision;
}

const MAX_QUEUED = 1000;
const MAX_REMEMBERED = 10_000;
/** As long as the API server keeps Events by default. */
const REPEAT_MS = 3_600_000;
const REQUEST_MS = 5000;

/**
 * Kubernetes Events (core/v1) about what was decided, on whatever makes the pods: these have no uid at admission. Told
 * once an hour, and never waited for by an admission.
 */
export class DecisionEvents {
  readonly #options: DecisionEventsOptions;
  readonly #queue: QueuedEvent[] = [];
  /** When which event was last told. */
  readonly #told = new Map<string, number>();
  #wake: () => void = () => undefined;

  constructor(options: DecisionEventsOptions) {
    this.#options = options;
  }

  /** Has it told soon, if it is worth it. Never waits and never fails. */
  add(pod: Pod, namespace: string, decision: Decision): void {
    const { clock, count, maxQueued = MAX_QUEUED } = this.#options;
    const about = pod.metadata?.ownerReferences?.find(({ controller }) => controller === true);
    if (about?.uid === undefined || !(hasProbe(decision.reason) || isUnexpected(decision.reason))) return;
    if (decision.reason === 'already_injected') return;
    const key = `${about.uid} ${decision.reason}`;
    const now = clock.now();
    const isRepeated = now - (this.#told.get(key) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS;
    if (isRepeated || this.#queue.length >= maxQueued) {
      count.add(1, { outcome: isRepeated ? 'repeated' : 'dropped' });
      return;
    }
    this.#remember(key, now);
    this.#queue.push({ namespace, about, decision });
    this.#wake();
  }

  /** Writes what is added, one after the other, until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, count } = this.#options;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    while (!signal.aborted) {
      const event = this.#queue.shift();
      if (event === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      try {
        await this.#write(event, signal);
        count.add(1, { outcome: 'written' });
      } catch (error) {
        if (signal.aborted) return;
        count.add(1, { outcome: 'failed' });
        log.debug({ error, namespace: event.namespace }, 'an event could not be written');
      }
    }
  }

  async #write({ namespace, about, decision }: QueuedEvent, signal: AbortSignal): Promise<void> {
    const { api, clock, instance } = this.#options;
    const now = new Date(clock.now()).toISOString();
    const { apiVersion, kind, name, uid } = about;
    const { status, body } = await api.request({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/events`,
      body: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { generateName: 'flowtap-', namespace },
        involvedObject: { apiVersion, kind, name, namespace, uid },
        type: isUnexpected(decision.reason) ? 'Warning' : 'Normal',
        reason: eventReason(decision.reason),
        message: decisionText(decision),
        source: { component: 'flowtap-webhook' },
        reportingComponent: 'flowtap-webhook',
        reportingInstance: instance,
        action: 'Admission',
        eventTime: now.replace('Z', '000Z'),
        firstTimestamp: now.replace(/\.\d+Z$/, 'Z'),
        lastTimestamp: now.replace(/\.\d+Z$/, 'Z'),
        count: 1,
      },
      signal,
      timeoutMs: REQUEST_MS,
    });
    if (status >= 300) throw new Error(`The API server answered ${status}: ${body?.message ?? ''}`);
  }

  #remember(key: string, nowMs: number): void {
    // Maps keep the order of insertion, so the first is the oldest.
    this.#told.delete(key);
    this.#told.set(key, nowMs);
    if (this.#told.size > MAX_REMEMBERED) this.#told.delete(this.#told.keys().next().value as string);
  }
}

/** Reasons of Events are in this form: `host_network` becomes `FlowtapHostNetwork`. */
function eventReason(reason: string): string {
  return `Flowtap${reason.replace(/(?:^|_)(\w)/g, (_match, letter: string) => letter.toUpperCase())}`;
}
