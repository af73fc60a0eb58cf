import { rmSync } from 'node:fs';
import { kubernetesUnavailable } from '../../servers/kubernetes-programs.ts';
import { makeRunFolder } from '../../servers/run-folder.ts';
import { buildClusterImages, clusterImagesUnavailable } from '../nodes/cluster-images.ts';
import { ClusterNetwork } from '../nodes/cluster-network.ts';
import { ClusterStores, clusterStoresUnavailable } from '../nodes/cluster-stores.ts';
import { FlowtapRelease } from '../nodes/flowtap-release.ts';
import { NodeCluster, nodesUnavailable } from '../nodes/node-cluster.ts';

const SETTINGS = ['clusterName=experiments', 'webhook.replicas=1', 'probe.settings.FLOWTAP_WINDOW=2s'];

/** What experiments run on: a cluster with flowtap in it, and the stores that flowtap writes to. */
export interface ExperimentBed {
  readonly cluster: NodeCluster;
  readonly stores: ClusterStores;
}

/** Why there can be none here, in a sentence; undefined where there can. */
export function bedUnavailable(): string | undefined {
  return (
    nodesUnavailable() ??
    clusterImagesUnavailable() ??
    clusterStoresUnavailable() ??
    kubernetesUnavailable('helm')
  );
}

/** Starts the cluster of `npm run cluster`, and installs the chart; windows are of 2 s. */
export async function startBed(nodes: number, onStep?: (step: string) => void): Promise<ExperimentBed> {
  const archives = makeRunFolder('archives');
  const images = await buildClusterImages(archives);
  const network = new ClusterNetwork();
  const cluster = await NodeCluster.start({ nodes, images, network, ...(onStep && { onStep }) });
  rmSync(archives, { recursive: true });
  let stores: ClusterStores | undefined;
  try {
    onStep?.('stores');
    stores = await ClusterStores.start(network.machineAddress);
    onStep?.('flowtap');
    await new FlowtapRelease(cluster, [...stores.chartSettings, ...SETTINGS]).install();
    return { cluster, stores };
  } catch (error) {
    await stores?.stop();
    await cluster.stop();
    throw error;
  }
}

export async function stopBed({ cluster, stores }: ExperimentBed): Promise<void> {
  await stores.stop();
  await cluster.stop();
}
