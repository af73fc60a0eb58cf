import type { InjectionRules } from '../inject-probe.ts';
import { injectProbe } from '../inject-probe.ts';
import type { PatchOperation } from '../patch/json-patch.ts';
import type { Pod } from '../pod.ts';
import { podDisplayName } from '../pod.ts';
import { readPod } from '../pod-schema.ts';
import type { CapturedNamespace } from '../policy/decide.ts';
import type { Decision } from '../policy/decision.ts';
import { decisionText, isUnexpected } from '../policy/decision.ts';
import { AdmissionFailure } from './admission-failure.ts';
import type { AdmissionAnswer, AdmissionRequest } from './admission-review.ts';

/** Where the namespace of a pod comes from. */
export interface Namespaces {
  get(name: string, signal: AbortSignal): Promise<CapturedNamespace | undefined>;
}

export interface Admission {
  readonly decision: Decision;
  readonly answer: AdmissionAnswer;
  /** What events and logs need; undefined where the request was of something else. */
  readonly subject?: { readonly pod: Pod; readonly namespace: string; readonly name: string };
}

/** Decides on one request. Throws an AdmissionFailure where it cannot, which must never refuse a pod. */
export async function admit(
  request: AdmissionRequest,
  namespaces: Namespaces,
  rules: InjectionRules,
  signal: AbortSignal,
): Promise<Admission> {
  const { resource, subResource, operation } = request;
  if (resource.group !== '' || resource.resource !== 'pods' || subResource || operation !== 'CREATE') {
    return admission({ reason: 'not_a_pod_creation' }, [], []);
  }
  const { pod, fault } = readPod(request.object);
  if (fault !== undefined) throw new AdmissionFailure('malformed', `request.object.${fault}`);
  // The object's own namespace may be missing; the request's never is.
  const name = request.namespace ?? pod.metadata?.namespace ?? '';
  const namespace = await findNamespace(name, namespaces, signal);
  const { decision, operations, complaints } = injectProbe(pod, namespace, rules);
  const subject = { pod, namespace: name, name: podDisplayName(pod, name) };
  return { ...admission(decision, operations, complaints), subject };
}

async function findNamespace(
  name: string,
  namespaces: Namespaces,
  signal: AbortSignal,
): Promise<CapturedNamespace> {
  try {
    const namespace = await namespaces.get(name, signal);
    if (namespace !== undefined) return namespace;
  } catch (cause) {
    throw new AdmissionFailure('namespace', `The namespace ${name} could not be looked up.`, { cause });
  }
  throw new AdmissionFailure('namespace', `There is no namespace ${JSON.stringify(name)}.`);
}

function admission(
  decision: Decision,
  operations: readonly PatchOperation[],
  complaints: readonly string[],
): Admission {
  const { reason, detail } = decision;
  return {
    decision,
    answer: {
      operations,
      warnings: [...(isUnexpected(reason) ? [decisionText(decision)] : []), ...complaints],
      auditAnnotations: { decision: reason, ...(detail !== undefined && { detail }) },
    },
  };
}
