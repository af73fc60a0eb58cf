/** What the state store knows of the owner of an address at a time. Plain data, as SQL gives it (jsonb). */
export interface AddressIdentity {
  /** What claims the address. A node's address is a node's, also when pods with host network share it. */
  readonly kind: 'pod' | 'service' | 'node';
  /** The pods that have the address, those with host network last, then by name. Empty for a service. */
  readonly pods: readonly PodIdentity[];
  /** Services with this cluster, external or load-balancer address; empty for a pod. */
  readonly services: readonly ServiceIdentity[];
  readonly node: NodeIdentity | undefined;
}

export interface PodIdentity {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly node: string | undefined;
  readonly hostNetwork: boolean;
  /** Carries a probe of ours, so its own records are to be expected. */
  readonly monitored: boolean;
  /** The top of the owner chain (Deployment, StatefulSet, DaemonSet, CronJob, …); the pod itself where it has none. */
  readonly workload: { readonly kind: string; readonly name: string };
  /** Services that have this pod behind them, by name. */
  readonly services: readonly PodService[];
}

/** A service seen from one of its pods, enough to tell which address and port a client called. */
export interface PodService {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Cluster, external and load-balancer addresses; empty for a headless service. */
  readonly addresses: readonly string[];
  readonly ports: readonly PodServicePort[];
}

export interface PodServicePort {
  readonly name: string;
  /** IANA protocol number. */
  readonly protocol: number;
  /** What clients call, and what the pod listens on. */
  readonly port: number;
  readonly targetPort: number;
}

export interface ServiceIdentity {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly type: string;
}

export interface NodeIdentity {
  readonly uid: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}
