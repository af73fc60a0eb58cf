import type { Labels } from '../../../support/network-policy/label-selector.ts';
import type { NetworkPolicy } from '../../../support/network-policy/network-policy.ts';
import type { NodeCluster } from '../../nodes/node-cluster.ts';
import type { ClusterFacts } from './forbidden-flows.ts';

/** Reads from the API server what policies are judged by. */
export async function readClusterFacts(cluster: NodeCluster): Promise<ClusterFacts> {
  const get = async <Item>(kind: string): Promise<readonly Item[]> =>
    JSON.parse(await cluster.kubectl(['get', kind, '--all-namespaces', '-o', 'json'])).items;
  const [policies, namespaces, nodes, pods] = await Promise.all([
    get<NetworkPolicy>('networkpolicies'),
    get<NamespaceObject>('namespaces'),
    get<NodeObject>('nodes'),
    get<PodObject>('pods'),
  ]);
  return {
    policies,
    namespaceLabels: new Map(namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}])),
    nodeIps: new Map(
      nodes.map(({ metadata, status }) => [
        metadata.name,
        status.addresses.find(({ type }) => type === 'InternalIP')?.address ?? '',
      ]),
    ),
    ports: new Map(
      pods.map(({ metadata, spec }) => [
        `${metadata.namespace}/${metadata.name}`,
        spec.containers.flatMap(({ ports = [] }) =>
          ports.map(({ name, protocol, containerPort }) => ({
            ...(name !== undefined && { name }),
            protocol,
            port: containerPort,
          })),
        ),
      ]),
    ),
  };
}

interface NamespaceObject {
  readonly metadata: { readonly name: string; readonly labels?: Labels };
}

interface NodeObject {
  readonly metadata: { readonly name: string };
  readonly status: { readonly addresses: readonly { readonly type: string; readonly address: string }[] };
}

interface PodObject {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly containers: readonly {
      readonly ports?: readonly {
        readonly name?: string;
        readonly protocol: string;
        readonly containerPort: number;
      }[];
    }[];
  };
}
