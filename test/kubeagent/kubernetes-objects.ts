import type { KubernetesObject } from '../../services/runtime/kubernetes/kubernetes-object.ts';

/** Objects as the API server has them, with what a test says in particular. */
const CREATED = '2026-03-01T09:00:00Z';

export interface PodFields {
  readonly ips?: readonly string[];
  readonly node?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly hostNetwork?: boolean;
  readonly containers?: readonly object[];
  readonly initContainers?: readonly object[];
  readonly metadata?: object;
  readonly status?: object;
}

export function podObject(name: string, fields: PodFields = {}): KubernetesObject {
  const {
    ips = [],
    node = 'node-1',
    labels = {},
    owner,
    hostNetwork,
    containers = [],
    initContainers = [],
  } = fields;
  return {
    metadata: {
      uid: `pod-${name}`,
      name,
      namespace: 'shop',
      creationTimestamp: CREATED,
      labels,
      ...(owner && { ownerReferences: [{ apiVersion: 'v1', controller: true, ...owner }] }),
      ...fields.metadata,
    },
    spec: { nodeName: node, ...(hostNetwork && { hostNetwork }), containers, initContainers },
    status: {
      phase: 'Running',
      startTime: CREATED,
      ...(ips.length > 0 && { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
      ...fields.status,
    },
  };
}

export function serviceObject(name: string, spec: object, status: object = {}): KubernetesObject {
  const metadata = {
    uid: `service-${name}`,
    name,
    namespace: 'shop',
    creationTimestamp: CREATED,
    labels: { app: name },
  };
  return { metadata, spec, status };
}

export function sliceObject(
  name: string,
  service: string,
  pods: readonly string[],
  port = 8080,
): KubernetesObject {
  return {
    metadata: {
      uid: `slice-${name}`,
      name,
      namespace: 'shop',
      creationTimestamp: CREATED,
      labels: { 'kubernetes.io/service-name': service },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port }],
    endpoints: pods.map((pod) => ({
      addresses: ['10.0.0.0'],
      targetRef: { kind: 'Pod', uid: `pod-${pod}` },
    })),
  };
}

export function nodeObject(name: string, addresses: readonly string[]): KubernetesObject {
  return {
    metadata: {
      uid: `node-${name}`,
      name,
      creationTimestamp: CREATED,
      labels: { 'topology.kubernetes.io/zone': 'zone-a', 'example.com/heartbeat': 'now' },
    },
    spec: { podCIDRs: ['10.244.0.0/24'] },
    status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
  };
}

export function ownedObject(
  kind: string,
  name: string,
  owner: { kind: string; name: string },
): KubernetesObject {
  const reference = { apiVersion: 'apps/v1', uid: `${owner.kind}-${owner.name}`, controller: true, ...owner };
  return {
    metadata: {
      uid: `${kind}-${name}`,
      name,
      namespace: 'shop',
      creationTimestamp: CREATED,
      ownerReferences: [reference],
    },
  };
}
