/** What tests read of a pod. */
export interface PodView {
  readonly metadata: {
    readonly name: string;
    /** It is about to end. */
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly initContainers?: readonly ContainerView[];
  };
  readonly status: {
    readonly podIP?: string;
    readonly initContainerStatuses?: readonly StatusView[];
    readonly containerStatuses?: readonly StatusView[];
  };
}

export interface ContainerView {
  readonly name: string;
  readonly restartPolicy?: string;
}

export interface StatusView {
  readonly name: string;
  /** `containerd://…` */
  readonly containerID?: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: { readonly running?: unknown };
}

/** Of containers that run for as long as the pod does. */
export function runningContainers({ status }: PodView): readonly StatusView[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].filter(
    ({ state }) => state.running !== undefined,
  );
}
