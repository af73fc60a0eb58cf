import type { KubernetesEvent } from '../object-events.ts';
import type { Pod } from '../pod.ts';
import { controllerOf } from '../pod.ts';
import type { Decision } from '../policy/decision.ts';
import { decisionText, hasProbe, isUnexpected } from '../policy/decision.ts';

/**
 * What to tell of a decision, on whatever makes the pods: these have no uid at admission. Undefined where it is what
 * everybody expects, or there is nobody to tell.
 */
export function decisionEvent(pod: Pod, namespace: string, decision: Decision): KubernetesEvent | undefined {
  const { reason } = decision;
  const about = controllerOf(pod);
  if (about?.uid === undefined || reason === 'already_injected') return undefined;
  if (!hasProbe(reason) && !isUnexpected(reason)) return undefined;
  const type = isUnexpected(reason) ? 'Warning' : 'Normal';
  return { namespace, about, type, reason, message: decisionText(decision), action: 'Admission' };
}
