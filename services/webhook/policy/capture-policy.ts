import type { PodSecurityLevel } from './pod-security.ts';

/** Who gets a probe, as the operator of flowtap decides it. */
export interface CapturePolicy {
  /**
   * What opts a namespace in. `annotation`: its annotation or label, and the webhook is called for every pod of the
   * cluster. `label`: its label only, and the webhook is called for the pods of such namespaces.
   */
  readonly trigger: 'annotation' | 'label';
  /** Whether a pod may ask for itself where its namespace does not: NET_RAW for whoever can create pods. */
  readonly allowPodOptIn: boolean;
  /** Namespaces whose pods never get a probe. */
  readonly excludedNamespaces: ReadonlySet<string>;
  /** The Pod Security level of namespaces without a label: what the API server's configuration enforces. */
  readonly assumedPodSecurity: PodSecurityLevel;
  /** How the probe gets NET_RAW: `add` asks for it, `inherit` relies on the container runtime's default. */
  readonly capabilityMode: CapabilityMode;
  readonly sidecar: SidecarKind;
}

export type CapabilityMode = 'add' | 'inherit';

/** `native`: an init container that is always restarted (KEP-753); `plain`: one more container. */
export type SidecarKind = 'native' | 'plain';
