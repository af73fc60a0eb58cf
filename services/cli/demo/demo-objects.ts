import { isIPv6 } from 'node:net';
import type { KubernetesObject } from '../../runtime/kubernetes/kubernetes-object.ts';
import type { MemoryObjectSource } from '../../runtime/kubernetes/memory-object-source.ts';
import {
  ENDPOINT_SLICES,
  NODES,
  PODS,
  REPLICA_SETS,
  SERVICES,
} from '../../runtime/kubernetes/resource-kind.ts';

export const DEMO_NAMESPACE = 'shop';
const NODE_NAME = 'demo-node';

/** A pod as the API server would tell of it. */
export interface DemoPodObject {
  readonly name: string;
  readonly app: string;
  readonly version: string;
  readonly addresses: readonly string[];
}

export interface DemoService {
  readonly name: string;
  /** None for a headless service. */
  readonly addresses: readonly string[];
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
  /** The pods behind it. */
  readonly pods: readonly DemoPodObject[];
}

export interface DemoState {
  readonly nodeAddress: string;
  readonly pods: readonly DemoPodObject[];
  readonly service: DemoService;
  /** Since when all of it is there, in milliseconds since 1970. */
  readonly sinceMs: number;
}

/** The uid of a pod of the demo. */
export function demoPodUid(name: string): string {
  return `demo-pod-${name}`;
}

/** Fills the source with what a cluster's API server would say of the demo. */
export function applyDemoObjects(source: MemoryObjectSource, state: DemoState): void {
  const since = new Date(state.sinceMs).toISOString();
  source.apply(NODES, nodeObject(state.nodeAddress, since));
  for (const pod of state.pods) {
    source.apply(REPLICA_SETS, replicaSetObject(pod, since));
    source.apply(PODS, podObject(pod, state.nodeAddress, since));
  }
  source.apply(SERVICES, serviceObject(state.service, since));
  for (const object of endpointSlices(state.service, since)) source.apply(ENDPOINT_SLICES, object);
}

function nodeObject(address: string, since: string): KubernetesObject {
  return {
    metadata: {
      uid: 'demo-node',
      name: NODE_NAME,
      creationTimestamp: since,
      labels: { 'kubernetes.io/os': 'linux' },
    },
    spec: {},
    status: { addresses: [{ type: 'InternalIP', address }] },
  };
}

function replicaSetName({ app, version }: DemoPodObject): string {
  return `${app}-${version}`;
}

function replicaSetObject(pod: DemoPodObject, since: string): KubernetesObject {
  const name = replicaSetName(pod);
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name,
    uid: `demo-deployment-${name}`,
    controller: true,
  };
  return {
    metadata: {
      uid: `demo-replicaset-${name}`,
      namespace: DEMO_NAMESPACE,
      name: `${name}-6c9f`,
      creationTimestamp: since,
      ownerReferences: [owner],
    },
    spec: {},
  };
}

/** With the container that makes enrichment expect records of the pod itself. */
function podObject(pod: DemoPodObject, nodeAddress: string, since: string): KubernetesObject {
  const owner = replicaSetName(pod);
  return {
    metadata: {
      uid: demoPodUid(pod.name),
      namespace: DEMO_NAMESPACE,
      name: pod.name,
      creationTimestamp: since,
      labels: { 'app.kubernetes.io/name': pod.app, app: pod.app, version: pod.version },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${owner}-6c9f`,
          uid: `demo-replicaset-${owner}`,
          controller: true,
        },
      ],
    },
    spec: {
      nodeName: NODE_NAME,
      containers: [{ name: pod.app }, { name: 'flowtap-probe' }],
    },
    status: {
      phase: 'Running',
      hostIP: nodeAddress,
      podIP: pod.addresses[0],
      podIPs: pod.addresses.map((ip) => ({ ip })),
      startTime: since,
      conditions: [{ type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: since }],
      containerStatuses: [{ name: pod.app, state: { running: { startedAt: since } } }],
    },
  };
}

function serviceObject({ name, addresses, ports }: DemoService, since: string): KubernetesObject {
  return {
    metadata: { uid: `demo-service-${name}`, namespace: DEMO_NAMESPACE, name, creationTimestamp: since },
    spec: {
      type: 'ClusterIP',
      clusterIP: addresses[0] ?? 'None',
      clusterIPs: addresses.length > 0 ? addresses : ['None'],
      ports: ports.map(({ name: portName, protocol, port }) => ({
        name: portName,
        protocol: protocol.toUpperCase(),
        port,
        targetPort: port,
      })),
    },
  };
}

/** One for each family, as the API server makes them. */
function endpointSlices({ name, ports, pods }: DemoService, since: string): KubernetesObject[] {
  return (['IPv4', 'IPv6'] as const).map((addressType) => {
    return {
      metadata: {
        uid: `demo-slice-${name}-${addressType}`,
        namespace: DEMO_NAMESPACE,
        name: `${name}-${addressType.toLowerCase()}`,
        creationTimestamp: since,
        labels: { 'kubernetes.io/service-name': name },
      },
      addressType,
      ports: ports.map(({ name: portName, protocol, port }) => ({
        name: portName,
        protocol: protocol.toUpperCase(),
        port,
      })),
      endpoints: pods.map((pod) => ({
        addresses: pod.addresses.filter((ip) => isIPv6(ip) === (addressType === 'IPv6')),
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: NODE_NAME,
        targetRef: { kind: 'Pod', namespace: DEMO_NAMESPACE, name: pod.name, uid: demoPodUid(pod.name) },
      })),
    };
  });
}
