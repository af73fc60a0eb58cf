import type { PatchOperation } from './patch/json-patch.ts';
import type { ProbeSettingCatalogue } from './patch/namespace-settings.ts';
import { profileOfNamespace } from './patch/namespace-settings.ts';
import { patchPod } from './patch/pod-patch.ts';
import type { ProbeProfile } from './patch/probe-profile.ts';
import type { Pod } from './pod.ts';
import type { CapturePolicy } from './policy/capture-policy.ts';
import type { CapturedNamespace } from './policy/decide.ts';
import { refuse } from './policy/decide.ts';
import type { Decision } from './policy/decision.ts';

/** Everything that the operator of flowtap decides. */
export interface InjectionRules {
  readonly policy: CapturePolicy;
  readonly profile: ProbeProfile;
  readonly catalogue: ProbeSettingCatalogue;
}

export interface Injection {
  readonly decision: Decision;
  /** RFC 6902; none where nothing is to be done. */
  readonly operations: readonly PatchOperation[];
  /** Sentences about settings of the namespace that cannot be used. */
  readonly complaints: readonly string[];
}

/** What becomes of a pod in a namespace. A function of its arguments: the webhook and the command line share it. */
export function injectProbe(pod: Pod, namespace: CapturedNamespace, rules: InjectionRules): Injection {
  const refusal = refuse(pod, namespace, rules.policy);
  if (refusal !== undefined) return { decision: refusal, operations: [], complaints: [] };
  const { profile, complaints } = profileOfNamespace(rules.profile, namespace.annotations, rules.catalogue);
  const { outcome, operations } = patchPod(pod, profile);
  return { decision: { reason: outcome }, operations, complaints };
}
