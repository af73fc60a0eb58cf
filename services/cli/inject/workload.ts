/** An object that pods are made from, or a pod. */
export interface Workload {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  /** Of the object in its document. */
  readonly path: readonly (string | number)[];
  /** Of what has the `metadata` and `spec` of its pods, below that. */
  readonly podPath: readonly string[];
  /** That, as it is written. */
  readonly pod: unknown;
  /** True where its pods belong to a Job. */
  readonly isOfJob: boolean;
}

interface WorkloadKind {
  readonly group: string;
  readonly podPath: readonly string[];
  readonly isOfJob?: true;
}

const TEMPLATE = ['spec', 'template'];

/** Where each kind has the pod. */
const WORKLOAD_KINDS: Readonly<Record<string, WorkloadKind>> = {
  Pod: { group: '', podPath: [] },
  ReplicationController: { group: '', podPath: TEMPLATE },
  Deployment: { group: 'apps', podPath: TEMPLATE },
  StatefulSet: { group: 'apps', podPath: TEMPLATE },
  DaemonSet: { group: 'apps', podPath: TEMPLATE },
  ReplicaSet: { group: 'apps', podPath: TEMPLATE },
  Job: { group: 'batch', podPath: TEMPLATE, isOfJob: true },
  CronJob: { group: 'batch', podPath: ['spec', 'jobTemplate', ...TEMPLATE], isOfJob: true },
};

/** An object of Kubernetes as it is written, of which nothing is sure. */
export interface WrittenObject {
  readonly path: readonly (string | number)[];
  readonly object: Readonly<Record<string, unknown>>;
}

/** The objects of a document: itself, or what its lists hold. */
export function* objectsOf(value: unknown, path: WrittenObject['path'] = []): Generator<WrittenObject> {
  if (!isRecord(value)) return;
  const { kind, items } = value;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) {
    yield { path, object: value };
    return;
  }
  for (const [index, item] of items.entries()) yield* objectsOf(item, [...path, 'items', index]);
}

/** The object as a workload; undefined where it is none. */
export function asWorkload({ path, object }: WrittenObject): Workload | undefined {
  const { kind, apiVersion } = object;
  const known = Object.hasOwn(WORKLOAD_KINDS, String(kind)) ? WORKLOAD_KINDS[String(kind)] : undefined;
  if (known === undefined || groupOf(apiVersion) !== known.group) return undefined;
  const { name, generateName, namespace } = isRecord(object.metadata) ? object.metadata : {};
  return {
    kind: String(kind),
    name: String(name ?? (generateName === undefined ? '*' : `${generateName}*`)),
    namespace: namespace === undefined || namespace === null ? undefined : String(namespace),
    path,
    podPath: known.podPath,
    pod: known.podPath.reduce<unknown>((value, part) => (isRecord(value) ? value[part] : undefined), object),
    isOfJob: known.isOfJob === true,
  };
}

/** `apps` of `apps/v1`; the core group has no name. */
function groupOf(apiVersion: unknown): string | undefined {
  if (typeof apiVersion !== 'string') return undefined;
  return apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
