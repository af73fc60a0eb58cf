import type { ClusterStores } from '../nodes/cluster-stores.ts';
import type { NodeCluster } from '../nodes/node-cluster.ts';

export interface Bed {
  readonly cluster: NodeCluster;
  readonly stores: ClusterStores;
}
