/** What every object of the API has. `spec` and `status` are whatever the kind says, so read them with care. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMetadata;
  // biome-ignore lint/suspicious/noExplicitAny: the kinds' own schemas; their readers check what they take
  readonly spec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly status?: any;
  /** EndpointSlices, ConfigMaps and others have their contents beside `metadata`. */
  readonly [field: string]: unknown;
}

export interface ObjectMetadata {
  readonly uid: string;
  readonly name: string;
  readonly namespace?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** kubectl's copy of what was applied, often as large as the object. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object without what only the API server and kubectl need: who manages which field, and what was applied. */
export function withoutBookkeeping(object: KubernetesObject): KubernetesObject {
  const {
    managedFields: _managed,
    annotations,
    ...metadata
  } = object.metadata as ObjectMetadata & {
    readonly managedFields?: unknown;
  };
  if (annotations === undefined) return { ...object, metadata };
  const { [LAST_APPLIED]: _applied, ...kept } = annotations;
  return { ...object, metadata: { ...metadata, annotations: kept } };
}
