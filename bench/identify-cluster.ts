import type { KubernetesObject, ObjectMetadata } from '../services/runtime/kubernetes/kubernetes-object.ts';
import type { ResourceKind } from '../services/runtime/kubernetes/resource-kind.ts';
import {
  ENDPOINT_SLICES,
  NODES,
  PODS,
  REPLICA_SETS,
  SERVICES,
} from '../services/runtime/kubernetes/resource-kind.ts';

const PODS_A_NODE = 100;
const PODS_A_SERVICE = 50;

/** A cluster of so many pods: 50 behind each service and of each Deployment, 100 on each node. */
export function largeCluster(
  pods: number,
  atMs: number,
): (readonly [ResourceKind, readonly KubernetesObject[]])[] {
  const nodes = pods / PODS_A_NODE;
  const services = pods / PODS_A_SERVICE;
  const hourAgo = new Date(atMs - 3_600_000).toISOString();
  const metadata = (uid: string, name: string, more: Partial<ObjectMetadata> = {}): ObjectMetadata => {
    return { uid, name, namespace: 'shop', creationTimestamp: hourAgo, ...more };
  };
  const owner = (kind: string, index: number) => [
    { apiVersion: 'apps/v1', kind, name: `app-${index}`, uid: `${kind}-${index}`, controller: true },
  ];
  return [
    [
      NODES,
      times(nodes, (index) => ({
        metadata: metadata(`Node-${index}`, `node-${index}`, {
          labels: { 'topology.kubernetes.io/zone': 'a' },
        }),
        status: { addresses: [{ type: 'InternalIP', address: `192.168.${index >> 8}.${index & 255}` }] },
      })),
    ],
    [
      REPLICA_SETS,
      times(services, (index) => ({
        metadata: metadata(`ReplicaSet-${index}`, `app-${index}-5d4f`, {
          ownerReferences: owner('Deployment', index),
        }),
      })),
    ],
    [
      SERVICES,
      times(services, (index) => ({
        metadata: metadata(`Service-${index}`, `app-${index}`, { labels: { app: `app-${index}` } }),
        spec: {
          ...{ type: 'ClusterIP', clusterIP: `172.20.${index >> 8}.${index & 255}`, selector: { app: 'x' } },
          ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
        },
      })),
    ],
    [
      PODS,
      times(pods, (index) => ({
        metadata: metadata(podUid(index), `app-${index % services}-5d4f-${index}`, {
          labels: { 'app.kubernetes.io/name': `app-${index % services}`, 'pod-template-hash': '5d4f' },
          ownerReferences: owner('ReplicaSet', index % services),
        }),
        spec: {
          nodeName: `node-${index % nodes}`,
          containers: [{ name: 'app', ports: [{ containerPort: 8080 }] }],
        },
        status: {
          ...{ phase: 'Running', podIP: podAddress(index), startTime: hourAgo },
          conditions: [{ type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: hourAgo }],
        },
      })),
    ],
    [
      ENDPOINT_SLICES,
      times(services, (index) => ({
        metadata: metadata(`EndpointSlice-${index}`, `app-${index}-x`, {
          labels: { 'kubernetes.io/service-name': `app-${index}` },
        }),
        addressType: 'IPv4',
        ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
        endpoints: times(PODS_A_SERVICE, (place) => ({
          targetRef: { kind: 'Pod', uid: podUid(index + place * services) },
        })),
      })),
    ],
  ];
}

export function podAddress(index: number): string {
  return `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
}

function podUid(index: number): string {
  return `8e2f1c04-5b7a-4d39-9c61-${String(index).padStart(12, '0')}`;
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: Math.floor(count) }, (_, index) => make(index));
}
