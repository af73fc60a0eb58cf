import { MIRROR_POD } from '../flowtap-key.ts';
import type { Pod } from '../pod.ts';
import type { CapturePolicy } from './capture-policy.ts';
import type { CaptureWish, Marked } from './capture-wish.ts';
import { captureWish, labelledWish } from './capture-wish.ts';
import type { Decision, Reason } from './decision.ts';
import { allowsProbe, enforcedPodSecurity } from './pod-security.ts';

/** A namespace, as far as it matters here. */
export interface CapturedNamespace extends Marked {
  readonly name: string;
}

/**
 * Who asked, and who counts:
 *
 * | pod \ namespace | enabled | absent | disabled | invalid |
 * | --- | --- | --- | --- | --- |
 * | absent | yes | not_enabled | disabled_by_namespace | invalid_setting |
 * | enabled, pods may ask | yes | yes | yes | yes |
 * | enabled, pods may not ask | yes | pod_opt_in_not_allowed | disabled_by_namespace | invalid_setting |
 * | disabled | disabled_by_pod | disabled_by_pod | disabled_by_pod | disabled_by_pod |
 * | invalid | invalid_setting | invalid_setting | invalid_setting | invalid_setting |
 *
 * A label counts before an annotation. With the trigger `label` the annotation of a namespace does not count.
 */
const WITHOUT_A_WISH: Readonly<Record<CaptureWish, Reason | undefined>> = {
  enabled: undefined,
  absent: 'not_enabled',
  disabled: 'disabled_by_namespace',
  invalid: 'invalid_setting',
};

/** Why nobody asked for a probe in this pod; undefined where somebody did who may. */
function refusedWish(pod: Pod, namespace: CapturedNamespace, policy: CapturePolicy): Reason | undefined {
  const ofPod = captureWish(pod.metadata ?? {});
  if (ofPod === 'disabled') return 'disabled_by_pod';
  if (ofPod === 'invalid') return 'invalid_setting';
  if (ofPod === 'enabled' && policy.allowPodOptIn) return undefined;
  const ofNamespace = policy.trigger === 'label' ? labelledWish(namespace) : captureWish(namespace);
  if (ofPod === 'enabled' && ofNamespace === 'absent') return 'pod_opt_in_not_allowed';
  return WITHOUT_A_WISH[ofNamespace];
}

/** What keeps a pod from having a probe, whoever asks. The first that holds is the reason. */
const OBSTACLES: readonly {
  readonly reason: Reason;
  readonly holds: (pod: Pod, namespace: CapturedNamespace, policy: CapturePolicy) => boolean;
}[] = [
  { reason: 'flowtap_pod', holds: ({ metadata }) => metadata?.labels?.[PART_OF] === 'flowtap' },
  { reason: 'mirror_pod', holds: ({ metadata }) => metadata?.annotations?.[MIRROR_POD] !== undefined },
  { reason: 'host_network', holds: ({ spec }) => spec.hostNetwork === true },
  {
    reason: 'windows_pod',
    holds: ({ spec }) => spec.os?.name === 'windows' || spec.nodeSelector?.[OS_LABEL] === 'windows',
  },
  {
    reason: 'psa_forbids_net_raw',
    holds: (_pod, { labels }, { assumedPodSecurity, capabilityMode }) =>
      !allowsProbe(enforcedPodSecurity(labels, assumedPodSecurity), capabilityMode),
  },
  {
    reason: 'job_without_native_sidecar',
    holds: ({ metadata, spec }, _namespace, { sidecar }) =>
      sidecar === 'plain' &&
      (['Never', 'OnFailure'].includes(spec.restartPolicy ?? 'Always') ||
        metadata?.ownerReferences?.some(({ kind }) => kind === 'Job') === true),
  },
];

const PART_OF = 'app.kubernetes.io/part-of';
const OS_LABEL = 'kubernetes.io/os';

/** Why this pod gets no probe; undefined where it is to get one. Looks at nothing but its arguments. */
export function refuse(pod: Pod, namespace: CapturedNamespace, policy: CapturePolicy): Decision | undefined {
  if (policy.excludedNamespaces.has(namespace.name)) return { reason: 'excluded_namespace' };
  const unwanted = refusedWish(pod, namespace, policy);
  if (unwanted !== undefined) return { reason: unwanted };
  const obstacle = OBSTACLES.find(({ holds }) => holds(pod, namespace, policy));
  if (obstacle === undefined) return undefined;
  if (obstacle.reason !== 'psa_forbids_net_raw') return { reason: obstacle.reason };
  const level = enforcedPodSecurity(namespace.labels, policy.assumedPodSecurity);
  return { reason: obstacle.reason, detail: `the namespace ${namespace.name} enforces ${level}` };
}
