import type { ObjectEventsOptions } from '../object-events.ts';
import { ObjectEvents } from '../object-events.ts';
import type { Pod } from '../pod.ts';
import { controllerOf } from '../pod.ts';
import type { Decision } from '../policy/decision.ts';
import { decisionText, hasProbe, isUnexpected } from '../policy/decision.ts';

export type DecisionEventsOptions = ObjectEventsOptions;

/**
 * Kubernetes Events about what was decided, on whatever makes the pods: these have no uid at admission. Told once an
 * hour, and never waited for by an admission.
 */
export class DecisionEvents {
  readonly #events: ObjectEvents;

  constructor(options: DecisionEventsOptions) {
    this.#events = new ObjectEvents(options);
  }

  /** Has it told soon, if it is worth it. Never waits and never fails. */
  add(pod: Pod, namespace: string, decision: Decision): void {
    const about = controllerOf(pod);
    if (about?.uid === undefined || !(hasProbe(decision.reason) || isUnexpected(decision.reason))) return;
    if (decision.reason === 'already_injected') return;
    const type = isUnexpected(decision.reason) ? 'Warning' : 'Normal';
    const message = decisionText(decision);
    this.#events.add({ namespace, about, type, reason: decision.reason, message, action: 'Admission' });
  }

  /** Writes what is added, one after the other, until the signal is aborted. */
  run(signal: AbortSignal): Promise<void> {
    return this.#events.run(signal);
  }
}
