import type { CapabilityMode } from './capture-policy.ts';

/** Levels of the Pod Security Standards, the first the most lenient. */
export const POD_SECURITY_LEVELS = ['privileged', 'baseline', 'restricted'] as const;
export type PodSecurityLevel = (typeof POD_SECURITY_LEVELS)[number];

const ENFORCE_LABEL = 'pod-security.kubernetes.io/enforce';

/** The level that a namespace enforces; where its label says nothing that the API server understands, `assumed`. */
export function enforcedPodSecurity(
  labels: Readonly<Record<string, string>> | undefined,
  assumed: PodSecurityLevel,
): PodSecurityLevel {
  const label = labels?.[ENFORCE_LABEL];
  if (label === undefined) return assumed;
  // An unknown value makes the API server enforce the strictest level (k8s.io/pod-security-admission, policy.go).
  return POD_SECURITY_LEVELS.find((level) => level === label) ?? 'restricted';
}

/**
 * Whether a pod with a probe may be created at this level. Baseline allows only capabilities of a list, which NET_RAW
 * is not on, but does not look at what a container inherits; restricted wants all of them dropped.
 */
export function allowsProbe(level: PodSecurityLevel, capabilityMode: CapabilityMode): boolean {
  return level === 'privileged' || (level === 'baseline' && capabilityMode === 'inherit');
}
