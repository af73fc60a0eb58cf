import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { KubernetesObject } from '../../runtime/kubernetes/kubernetes-object.ts';
import { listPages } from '../../runtime/kubernetes/list-pages.ts';
import { PODS } from '../../runtime/kubernetes/resource-kind.ts';
import type { Namespaces } from '../admission/admit.ts';
import type { Pod, PodOwner } from '../pod.ts';
import { controllerOf } from '../pod.ts';
import { readPod } from '../pod-schema.ts';
import { isUnexpected } from '../policy/decision.ts';
import type { KnownRules, PodState } from './pod-state.ts';
import { podState } from './pod-state.ts';
import type { PodWorkload } from './workload-of-pod.ts';
import { restartAdvice, workloadOfPod } from './workload-of-pod.ts';

/** Pods of one workload that are not as they would be made now. */
export interface PodFinding extends PodState {
  readonly namespace: string;
  readonly workload: PodWorkload;
  /** What Events are about: it has a uid. */
  readonly about: PodOwner;
  /** One of them. */
  readonly pod: string;
  pods: number;
  /** What to do, where making the pods anew is all it takes. */
  readonly advice: string | undefined;
}

export interface PodCensus {
  /** Pods by `missing` or `excluded host_network`. */
  readonly counts: ReadonlyMap<string, number>;
  readonly findings: readonly PodFinding[];
  /** Pods with something to be said of them that are in no finding, since there are so many. */
  readonly omitted: number;
}

export interface PodCensusOptions {
  readonly api: Pick<KubernetesApi, 'request'>;
  readonly namespaces: Namespaces;
  readonly rules: KnownRules;
  readonly signal: AbortSignal;
  /** The pods of this namespace only. */
  readonly namespace?: string | undefined;
  /** Told of each pod that is looked at. */
  readonly onPod?: (object: KubernetesObject, state: PodState, workload: PodWorkload) => void;
  readonly pageSize?: number;
  readonly maxFindings?: number;
}

/** What is read at once, and so how long admissions wait for it. */
const PAGE_SIZE = 250;
const MAX_FINDINGS = 1000;
const NOT_OVER = 'status.phase!=Succeeded,status.phase!=Failed';

/**
 * Looks at all pods that run or are to run. Holds one page of them, and a bounded number of findings. Throws a
 * FlowtapError where the API server does not give them.
 */
export async function takePodCensus(options: PodCensusOptions): Promise<PodCensus> {
  const { api, signal, namespace, pageSize = PAGE_SIZE, onPod } = options;
  const counts = new Map<string, number>();
  const findings = new Map<string, PodFinding>();
  let omitted = 0;
  const resource = namespace === undefined ? PODS : { ...PODS, path: podsOf(namespace) };
  for await (const page of listPages(api, resource, {
    pageSize,
    signal,
    query: { fieldSelector: NOT_OVER },
  })) {
    for (const object of page) {
      const seen = await lookAt(object, options);
      if (seen === undefined) continue;
      const { pod, state } = seen;
      onPod?.(object, state, workloadOfPod(pod));
      const key = state.decision === undefined ? state.state : `${state.state} ${state.decision.reason}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (isAsItShouldBe(state)) continue;
      if (!note(pod, state, findings, options.maxFindings ?? MAX_FINDINGS)) omitted++;
    }
  }
  return { counts, findings: [...findings.values()], omitted };
}

/** Where the API server has the pods of one namespace. */
export function podsOf(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
}

interface SeenPod {
  readonly pod: Pod;
  readonly state: PodState;
}

async function lookAt(
  object: KubernetesObject,
  { namespaces, rules, signal }: PodCensusOptions,
): Promise<SeenPod | undefined> {
  // One that is being deleted is as good as gone.
  if (object.metadata.deletionTimestamp !== undefined) return undefined;
  const { pod } = readPod(object);
  const namespace = await namespaces.get(object.metadata.namespace ?? '', signal);
  if (pod === undefined || namespace === undefined) return undefined;
  return { pod, state: podState(pod, namespace, rules) };
}

/** What is excluded is only worth a word where somebody asked for it. */
function isAsItShouldBe({ state, decision }: PodState): boolean {
  return state === 'with_probe' || (state === 'excluded' && !isUnexpected(decision?.reason ?? 'not_enabled'));
}

/** False where there are too many already. */
function note(pod: Pod, state: PodState, findings: Map<string, PodFinding>, maxFindings: number): boolean {
  const { name = '', namespace = '' } = pod.metadata ?? {};
  const workload = workloadOfPod(pod);
  const key = [namespace, workload.kind, workload.name, state.state, state.decision?.reason].join(' ');
  const known = findings.get(key);
  if (known !== undefined) {
    known.pods++;
    return true;
  }
  if (findings.size >= maxFindings) return false;
  findings.set(key, {
    ...state,
    ...{ namespace, workload, pod: name, pods: 1 },
    about: controllerOf(pod) ?? asOwner(pod),
    advice: state.state === 'excluded' ? undefined : restartAdvice(namespace, workload, name),
  });
  return true;
}

function asOwner({ metadata }: Pod): PodOwner {
  const { name = '', uid } = (metadata ?? {}) as { readonly name?: string; readonly uid?: string };
  return { apiVersion: 'v1', kind: 'Pod', name, ...(uid !== undefined && { uid }) };
}
