/** A kind of object, and where the API server has it. */
export interface ResourceKind {
  readonly kind: string;
  readonly apiVersion: string;
  /** Path of all its objects in all namespaces, or in one. */
  readonly path: string;
  /** Only these of them. With `metadata.name=…`, a role may be limited to that name. */
  readonly fieldSelector?: string;
}

export const PODS: ResourceKind = { kind: 'Pod', apiVersion: 'v1', path: '/api/v1/pods' };
export const SERVICES: ResourceKind = { kind: 'Service', apiVersion: 'v1', path: '/api/v1/services' };
export const NODES: ResourceKind = { kind: 'Node', apiVersion: 'v1', path: '/api/v1/nodes' };
export const NAMESPACES: ResourceKind = { kind: 'Namespace', apiVersion: 'v1', path: '/api/v1/namespaces' };
export const ENDPOINT_SLICES: ResourceKind = {
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  path: '/apis/discovery.k8s.io/v1/endpointslices',
};
export const REPLICA_SETS: ResourceKind = {
  kind: 'ReplicaSet',
  apiVersion: 'apps/v1',
  path: '/apis/apps/v1/replicasets',
};
export const JOBS: ResourceKind = { kind: 'Job', apiVersion: 'batch/v1', path: '/apis/batch/v1/jobs' };
