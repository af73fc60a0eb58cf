/**
 * Every outcome of an admission, with what it means. The word is the same in the metric, the audit annotation, the
 * warning, the event and the log; docs/injection.md lists exactly these.
 */
export const DECISIONS = {
  injected: 'The probe was added.',
  updated: 'The probe was there; what another webhook or an older call had changed was put right.',
  already_injected: 'The probe was there, as it should be.',
  not_enabled: 'Nobody asked for it: neither the namespace nor the pod has flowtap.dev/capture.',
  disabled_by_namespace: 'The namespace has flowtap.dev/capture: disabled.',
  disabled_by_pod: 'The pod has flowtap.dev/capture: disabled.',
  invalid_setting: 'flowtap.dev/capture is neither enabled nor disabled.',
  pod_opt_in_not_allowed: 'The pod asks for it, but the namespace does not, and pods alone may not.',
  excluded_namespace: 'Pods of this namespace never get a probe.',
  flowtap_pod: 'The pod is a part of flowtap.',
  mirror_pod: 'The pod is made from a file on its node, where no probe can be added.',
  host_network: "The pod has its node's network: a probe would capture the whole node.",
  windows_pod: 'The pod is for Windows, the probe for Linux.',
  psa_forbids_net_raw: 'Pod Security of the namespace would refuse the pod because of NET_RAW.',
  job_without_native_sidecar:
    'The cluster has no native sidecars, and a plain one would keep the pod, which is to end, from ending.',
  container_name_taken:
    'The pod has a container or volume of the name of one of ours, which flowtap did not add.',
  not_a_pod_creation: 'The request is not the creation of a pod.',
} as const;

export type Reason = keyof typeof DECISIONS;

/** What was decided of a pod, and what made the difference. */
export interface Decision {
  readonly reason: Reason;
  /** What a person needs to know beyond the reason: `the namespace enforces baseline`. */
  readonly detail?: string;
}

/** Those with which a pod ends up with a probe. */
const WITH_PROBE: ReadonlySet<Reason> = new Set(['injected', 'updated', 'already_injected']);

/** Those that somebody who asked for a probe did not expect. */
const UNEXPECTED: ReadonlySet<Reason> = new Set([
  'invalid_setting',
  'pod_opt_in_not_allowed',
  'host_network',
  'windows_pod',
  'psa_forbids_net_raw',
  'job_without_native_sidecar',
  'container_name_taken',
]);

export function hasProbe(reason: Reason): boolean {
  return WITH_PROBE.has(reason);
}

/** True where capturing was asked for and does not happen: worth a warning and an event. */
export function isUnexpected(reason: Reason): boolean {
  return UNEXPECTED.has(reason);
}

/** `no flowtap probe (host_network): The pod has its node's network: …` */
export function decisionText({ reason, detail }: Decision): string {
  const sentence = DECISIONS[reason];
  const more = detail === undefined ? sentence : `${sentence.replace(/\.$/, '')}: ${detail}.`;
  return hasProbe(reason) ? `flowtap probe (${reason}): ${more}` : `no flowtap probe (${reason}): ${more}`;
}
