import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { IMAGE_PACKAGES, installDebianPackages, NODE_PACKAGES } from '../preparation/debian-packages.ts';
import { buildMissingPrograms } from '../servers/kubernetes-build/build-missing.ts';
import { kubernetesProgram } from '../servers/kubernetes-programs.ts';
import { makeRunFolder } from '../servers/run-folder.ts';
import { addContext } from './kubeconfig-context.ts';
import { APPLICATION_IMAGE, buildClusterImages, clusterImagesUnavailable } from './nodes/cluster-images.ts';
import { ClusterStores, clusterStoresUnavailable } from './nodes/cluster-stores.ts';
import { NodeCluster, nodesUnavailable } from './nodes/node-cluster.ts';
import type { ProxyMode } from './nodes/node-settings.ts';
import { announceCluster, runningClusters } from './running-clusters.ts';

export interface WantedCluster {
  readonly nodes: number;
  readonly proxyMode: ProxyMode;
  readonly context: string;
  /** A file that gets the context; the cluster's own has it in any case. */
  readonly kubeconfig?: string;
  readonly withStores: boolean;
}

const log = (line: string): void => console.log(line);

/** Gets what a cluster needs, starts it, says how to use it, and ends it when it is told to. */
export async function keepClusterUp(wanted: WantedCluster): Promise<void> {
  if (runningClusters().some(({ context }) => context === wanted.context)) {
    throw new Error(
      `A cluster with the context ${wanted.context} is up: end it with down, or take another --context.`,
    );
  }
  if (process.platform !== 'linux' || process.geteuid?.() !== 0)
    throw new Error('A cluster needs Linux, and root.');
  installDebianPackages(log, { ...NODE_PACKAGES, ...IMAGE_PACKAGES });
  await buildMissingPrograms(log);
  const missing =
    nodesUnavailable() ??
    clusterImagesUnavailable() ??
    (wanted.withStores ? clusterStoresUnavailable() : undefined);
  if (missing !== undefined) throw new Error(`There can be no cluster here: ${missing}.`);
  const steps = new Steps();
  steps.begin('images');
  const archives = makeRunFolder('archives');
  const images = await buildClusterImages(archives);
  const { nodes, proxyMode } = wanted;
  const cluster = await NodeCluster.start({ nodes, proxyMode, images, onStep: (step) => steps.begin(step) });
  rmSync(archives, { recursive: true });
  let stores: ClusterStores | undefined;
  if (wanted.withStores) {
    steps.begin('stores');
    stores = await ClusterStores.start(cluster.network.machineAddress);
  }
  steps.end();
  const kubeconfig = wanted.kubeconfig ?? cluster.plane.kubeconfigPath;
  if (wanted.kubeconfig !== undefined) addContext(kubeconfig, wanted.context, cluster.plane);
  announceCluster({ context: wanted.context, kubeconfig, nodes });
  log(nextSteps(kubeconfig, stores));
  await signalled();
  log('Ending ...');
  await stores?.stop();
  await cluster.stop();
}

/** Before, a signal ends the process at once, and the cluster with it. */
async function signalled(): Promise<void> {
  // Waiting for a signal alone keeps no process.
  const stay = setInterval(() => undefined, 60_000);
  await Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
  clearInterval(stay);
}

/** Says what is done, and how long it took. */
class Steps {
  #current: { readonly step: string; readonly sinceMs: number } | undefined;

  begin(step: string): void {
    this.end();
    this.#current = { step, sinceMs: Date.now() };
  }

  end(): void {
    if (this.#current === undefined) return;
    const { step, sinceMs } = this.#current;
    log(`${((Date.now() - sinceMs) / 1000).toFixed(1).padStart(6)} s  ${step}`);
    this.#current = undefined;
  }
}

function nextSteps(kubeconfig: string, stores: ClusterStores | undefined): string {
  const program = (name: 'kubectl' | 'helm'): string => String(kubernetesProgram(name));
  const settings = ['imageRegistry=localhost', 'clusterName=local', ...(stores?.chartSettings ?? [])];
  const install = `helm install flowtap charts/flowtap --namespace flowtap --create-namespace`;
  return `
The cluster is up. In another terminal:

  export KUBECONFIG=${kubeconfig}
  alias kubectl=${program('kubectl')} helm=${program('helm')}

  kubectl create namespace shop
  kubectl --namespace shop create deployment web --image=${APPLICATION_IMAGE} --replicas=3
  kubectl --namespace shop expose deployment web --port=80 --target-port=8080
  kubectl --namespace shop run client --image=${APPLICATION_IMAGE}
  kubectl --namespace shop exec client -- node /application/application.mts call http://web/ 5

flowtap, with the images of this working copy${stores === undefined ? ' (up --with-stores has the stores it needs)' : ''}:

  ${[install, ...settings.map((setting) => `--set '${setting}'`)].join(' \\\n    ')}

Ctrl+C here, or npm run cluster -- down, ends it; nothing stays.
`;
}
