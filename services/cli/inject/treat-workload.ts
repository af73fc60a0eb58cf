import type { InjectionRules } from '../../webhook/inject-probe.ts';
import { injectProbe } from '../../webhook/inject-probe.ts';
import type { PatchOperation } from '../../webhook/patch/json-patch.ts';
import { pointer } from '../../webhook/patch/json-patch.ts';
import type { Pod } from '../../webhook/pod.ts';
import type { CapturedNamespace } from '../../webhook/policy/decide.ts';
import { refuse } from '../../webhook/policy/decide.ts';
import { DECISIONS, hasProbe } from '../../webhook/policy/decision.ts';
import { removeProbe } from './remove-probe.ts';
import type { Workload } from './workload.ts';

/** What becomes of a workload. */
export interface Treatment {
  /** `injected`, or `host_network: The pod has …`. */
  readonly outcome: string;
  readonly complaints: readonly string[];
  /** On its document. */
  readonly operations: readonly PatchOperation[];
}

/** Puts the probe into the pods of a workload, by the rules of the webhook. */
export function injectWorkload(
  workload: Workload,
  pod: Pod,
  namespace: CapturedNamespace,
  rules: InjectionRules,
): Treatment {
  const refusal = refuse(asOwned(pod, workload), namespace, rules.policy);
  const { decision, operations, complaints } =
    refusal === undefined
      ? injectProbe(pod, namespace, rules)
      : { decision: refusal, operations: [], complaints: [] };
  const { reason, detail } = decision;
  const sentence = detail === undefined ? DECISIONS[reason] : `${DECISIONS[reason]} (${detail})`;
  return {
    outcome: hasProbe(reason) ? reason : `${reason}: ${sentence}`,
    complaints,
    operations: inDocument(operations, workload),
  };
}

/** Takes it out again. */
export function uninjectWorkload(workload: Workload, pod: Pod): Treatment {
  const { outcome, operations } = removeProbe(pod);
  return {
    outcome: outcome === 'container_name_taken' ? `${outcome}: ${DECISIONS[outcome]}` : outcome,
    complaints: [],
    operations: inDocument(operations, workload),
  };
}

/** The pod as it will be when its controller has made it, as far as a decision needs it. */
function asOwned(pod: Pod, { isOfJob, name }: Workload): Pod {
  if (!isOfJob) return pod;
  return {
    ...pod,
    metadata: { ...pod.metadata, ownerReferences: [{ kind: 'Job', name, controller: true }] },
  };
}

function inDocument(operations: readonly PatchOperation[], { path, podPath }: Workload): PatchOperation[] {
  const prefix = pointer(...path, ...podPath);
  return operations.map((operation) => ({ ...operation, path: `${prefix}${operation.path}` }));
}
