import type { CapabilityMode, SidecarKind } from '../policy/capture-policy.ts';

/** The probe that pods get: what its operator decided, the same for all pods until a namespace says otherwise. */
export interface ProbeProfile {
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** Names of Secrets with access to the image's registry; they must exist in the pod's namespace. */
  readonly imagePullSecrets: readonly string[];
  readonly sidecar: SidecarKind;
  readonly capabilityMode: CapabilityMode;
  /** As root with NET_RAW only: for container runtimes that ignore file capabilities. */
  readonly runAsRoot: boolean;
  readonly resources: ProbeResources;
  /** Whom the probe's token is for. */
  readonly tokenAudience: string;
  readonly tokenSeconds: number;
  /** Settings of the probe as environment variables: FLOWTAP_OUTPUT, FLOWTAP_WINDOW, … */
  readonly settings: Readonly<Record<string, string>>;
}

/** Kubernetes quantities. */
export interface ProbeResources {
  readonly cpuRequest: string;
  readonly cpuLimit: string;
  readonly memoryRequest: string;
  readonly memoryLimit: string;
}
