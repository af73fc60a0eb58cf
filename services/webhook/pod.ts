/**
 * A pod as the webhook sees it (core/v1, as far as it is looked at): an object at admission, which has no uid yet and
 * may have no name, or the template of a workload.
 */
export interface Pod {
  readonly metadata?: PodMetadata;
  readonly spec: PodSpec;
}

export interface PodMetadata {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly PodOwner[];
}

export interface PodOwner {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly name: string;
  readonly uid?: string;
  readonly controller?: boolean;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly imagePullSecrets?: readonly { readonly name?: string }[];
  readonly hostNetwork?: boolean;
  readonly os?: { readonly name?: string };
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Of the whole pod (KEP-2837). */
  readonly resources?: Resources;
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly restartPolicy?: string;
  readonly ports?: readonly ContainerPort[];
  readonly resources?: Resources;
  readonly env?: readonly { readonly name: string }[];
  readonly volumeMounts?: readonly { readonly mountPath: string }[];
  readonly securityContext?: {
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface ContainerPort {
  readonly containerPort?: number;
  readonly protocol?: string;
}

export interface Volume {
  readonly name: string;
  readonly [source: string]: unknown;
}

/** Kubernetes quantities, such as `250m` and `64Mi`, by resource. */
export interface Resources {
  readonly requests?: Readonly<Record<string, string | number>>;
  readonly limits?: Readonly<Record<string, string | number>>;
}

/** What makes the pod, and makes another one when it is gone; undefined for one that stands alone. */
export function controllerOf({ metadata }: Pod): PodOwner | undefined {
  return metadata?.ownerReferences?.find(({ controller }) => controller === true);
}

/** What to call a pod that has no name yet: `shop/web-7d9f-*`. */
export function podDisplayName(pod: Pod, namespace: string): string {
  const { name, generateName } = pod.metadata ?? {};
  return `${namespace}/${name || (generateName ? `${generateName}*` : (controllerOf(pod)?.name ?? '*'))}`;
}
