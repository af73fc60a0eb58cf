import { FLOWTAP_KEY } from '../flowtap-key.ts';
import type { InjectionRules } from '../inject-probe.ts';
import { injectProbe } from '../inject-probe.ts';
import { findProbe } from '../patch/pod-patch.ts';
import type { Pod } from '../pod.ts';
import type { CapturedNamespace } from '../policy/decide.ts';
import { refuse } from '../policy/decide.ts';
import type { Decision } from '../policy/decision.ts';
import { decisionText } from '../policy/decision.ts';

/** How pods that exist stand to what would be decided of them now. */
export const POD_STATES = {
  with_probe: 'The probe is there.',
  outdated: 'The probe is there, with other settings than now.',
  missing: 'No probe, though one is asked for.',
  unwanted: 'A probe that would not be added now.',
  excluded: 'No probe, and none is to be.',
} as const;

export type PodStateName = keyof typeof POD_STATES;

export interface PodState {
  readonly state: PodStateName;
  /** Why none is to be, where that is so. */
  readonly decision?: Decision;
}

/** Without a profile it is not known which settings are the present ones, and no probe is outdated. */
export type KnownRules = Pick<InjectionRules, 'policy'> & Partial<InjectionRules>;

/** What is to be said of a pod that exists. Looks at nothing but its arguments. */
export function podState(pod: Pod, namespace: CapturedNamespace, rules: KnownRules): PodState {
  const isOurs = pod.metadata?.annotations?.[FLOWTAP_KEY.revision] !== undefined;
  const hasContainer = findProbe(pod.spec) !== undefined;
  const hasProbe = isOurs && hasContainer;
  const refusal = refuse(pod, namespace, rules.policy);
  if (refusal !== undefined) return { state: hasProbe ? 'unwanted' : 'excluded', decision: refusal };
  if (hasContainer && !isOurs) return { state: 'excluded', decision: { reason: 'container_name_taken' } };
  if (!hasProbe) return { state: 'missing' };
  const { profile, catalogue, policy } = rules;
  if (profile === undefined || catalogue === undefined) return { state: 'with_probe' };
  const { reason } = injectProbe(pod, namespace, { policy, profile, catalogue }).decision;
  return { state: reason === 'already_injected' ? 'with_probe' : 'outdated' };
}

/** A sentence for people. */
export function podStateText({ state, decision }: PodState): string {
  if (state === 'missing') {
    return 'no flowtap probe, though one is asked for: the pods are older than that, or the webhook did not answer when they were made.';
  }
  if (decision === undefined)
    return `${POD_STATES[state].charAt(0).toLowerCase()}${POD_STATES[state].slice(1)}`;
  return state === 'unwanted'
    ? `a flowtap probe that would not be added now: ${decisionText(decision)}`
    : decisionText(decision);
}
