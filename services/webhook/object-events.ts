import type { Clock } from '../runtime/clock.ts';
import type { KubernetesApi } from '../runtime/kubernetes/api-client.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Counter } from '../runtime/metrics.ts';
import type { PodOwner } from './pod.ts';

export interface ObjectEventsOptions {
  readonly api: Pick<KubernetesApi, 'request'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly count: Counter<readonly [labels: Readonly<Record<'outcome', string>>]>;
  /** Which instance of the webhook reports. */
  readonly instance: string;
  readonly maxQueued?: number;
}

/** A Kubernetes Event (core/v1) to be written. */
export interface KubernetesEvent {
  readonly namespace: string;
  /** With its uid. */
  readonly about: PodOwner;
  readonly type: 'Normal' | 'Warning';
  /** `host_network`; in the Event it is `FlowtapHostNetwork`. */
  readonly reason: string;
  readonly message: string;
  /** What was done: `Admission`. */
  readonly action: string;
}

const MAX_QUEUED = 1000;
const MAX_REMEMBERED = 10_000;
/** As long as the API server keeps Events by default. */
const REPEAT_MS = 3_600_000;
const REQUEST_MS = 5000;

/** Kubernetes Events, the same one told once an hour. Nobody waits for them, and none is worth a failure. */
export class ObjectEvents {
  readonly #options: ObjectEventsOptions;
  readonly #queue: KubernetesEvent[] = [];
  /** When which event was last told. */
  readonly #told = new Map<string, number>();
  #wake: () => void = () => undefined;

  constructor(options: ObjectEventsOptions) {
    this.#options = options;
  }

  /** Has it told soon. Never waits and never fails. */
  add(event: KubernetesEvent): void {
    const { clock, count, maxQueued = MAX_QUEUED } = this.#options;
    const key = `${event.about.uid} ${event.reason}`;
    const now = clock.now();
    const isRepeated = now - (this.#told.get(key) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS;
    if (isRepeated || this.#queue.length >= maxQueued) {
      count.add(1, { outcome: isRepeated ? 'repeated' : 'dropped' });
      return;
    }
    this.#remember(key, now);
    this.#queue.push(event);
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

  async #write(
    { namespace, about, type, reason, message, action }: KubernetesEvent,
    signal: AbortSignal,
  ): Promise<void> {
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
        type,
        reason: eventReason(reason),
        message,
        source: { component: 'flowtap-webhook' },
        reportingComponent: 'flowtap-webhook',
        reportingInstance: instance,
        action,
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
