import { execFileSync } from 'node:child_process';
import { kubernetesProgram } from '../servers/kubernetes-programs.ts';
import { until } from '../support/until.ts';
import { isLeft, runningClusters } from './running-clusters.ts';

/** Prints the clusters that are up, with their nodes and pods. */
export function showClusters(): void {
  const clusters = runningClusters();
  if (clusters.length === 0) console.log('No cluster is up: npm run cluster -- up');
  for (const { context, pid, since, kubeconfig } of clusters) {
    console.log(`${context}: up since ${since}, process ${pid}, --kubeconfig ${kubeconfig}`);
    const get = ['--kubeconfig', kubeconfig, 'get', '--all-namespaces', '-o', 'wide', 'nodes,pods'];
    console.log(execFileSync(String(kubernetesProgram('kubectl')), get, { encoding: 'utf8' }));
  }
}

/** Ends those that are up, or the one with this context, and waits until nothing of them is left. */
export async function endClusters(context: string | undefined): Promise<void> {
  const clusters = runningClusters().filter(
    (cluster) => context === undefined || cluster.context === context,
  );
  if (clusters.length === 0)
    console.log(context === undefined ? 'No cluster is up.' : `No cluster ${context} is up.`);
  for (const cluster of clusters) {
    process.kill(cluster.pid, 'SIGTERM');
    await until(() => !isLeft(cluster));
    console.log(`${cluster.context} is down.`);
  }
}
