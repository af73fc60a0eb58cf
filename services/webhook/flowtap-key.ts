/** Keys of labels and annotations on namespaces and pods. */
export const FLOWTAP_KEY = {
  /** `enabled` or `disabled`: label or annotation of a namespace, or of a pod. */
  capture: 'flowtap.dev/capture',
  /** Annotation of a pod with a probe: a digest of what was put in, by which a later call knows its own work. */
  revision: 'flowtap.dev/probe-revision',
  /** Annotation of a pod whose default container was named by us, so that taking the probe out leaves nothing. */
  defaultContainer: 'flowtap.dev/default-container',
  /** Annotation of a pod with the image pull secrets that were added to it, for the same reason. */
  pullSecrets: 'flowtap.dev/image-pull-secrets',
  /** Annotations of a namespace that change settings of its probes: `flowtap.dev/probe-window: 30s`. */
  settingPrefix: 'flowtap.dev/probe-',
} as const;

/** Which container kubectl means where none is named (kubernetes.io/docs/reference/labels-annotations-taints). */
export const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** On pods that a kubelet made from a file; a change to one would not reach the file. */
export const MIRROR_POD = 'kubernetes.io/config.mirror';
