// Starts a cluster with one node and waits to be killed: killed-cluster.test.ts.
import { NodeCluster } from './node-cluster.ts';

const cluster = await NodeCluster.start({ nodes: 1 });
process.send?.(cluster.nodes[0].place.namespace.name);
// Its parent keeps the channel open.
process.on('message', () => undefined);
