import type { Pod } from '../pod.ts';
import { controllerOf } from '../pod.ts';

/** What somebody wrote to have a pod. */
export interface PodWorkload {
  readonly kind: string;
  readonly name: string;
}

const TEMPLATE_HASH = 'pod-template-hash';

/**
 * The workload of a pod: what controls it; for the ReplicaSet of a Deployment that, by the hash that Deployments put
 * into both names. A pod without a controller is its own.
 */
export function workloadOfPod(pod: Pod): PodWorkload {
  const controller = controllerOf(pod);
  if (controller === undefined) return { kind: 'Pod', name: pod.metadata?.name ?? '' };
  const hash = pod.metadata?.labels?.[TEMPLATE_HASH];
  if (controller.kind === 'ReplicaSet' && hash !== undefined && controller.name.endsWith(`-${hash}`)) {
    return { kind: 'Deployment', name: controller.name.slice(0, -hash.length - 1) };
  }
  return { kind: controller.kind, name: controller.name };
}

const RESTARTED = ['Deployment', 'StatefulSet', 'DaemonSet'];
const REPLACED = ['ReplicaSet', 'ReplicationController'];

/** How to have its pods made anew. */
export function restartAdvice(namespace: string, { kind, name }: PodWorkload, pod: string): string {
  if (RESTARTED.includes(kind))
    return `kubectl -n ${namespace} rollout restart ${kind.toLowerCase()}/${name}`;
  if (REPLACED.includes(kind)) return `kubectl -n ${namespace} delete pod/${pod}`;
  if (kind === 'Job') return 'nothing: the pods of the next Job are made anew';
  if (kind === 'Pod') return `delete pod/${name} in ${namespace} and create it anew`;
  return `have ${kind} ${name} in ${namespace} make its pods anew`;
}
