import { chartPath } from '../../support/chart-files.ts';
import { helmBeside, valueArgs } from '../helm.ts';
import type { NodeCluster } from './node-cluster.ts';

export const RELEASE = 'flowtap';

/** How long pods may take to get ready, beside other tests. */
const READY = '4m';

/** The chart, installed into a cluster with nodes, with images that the nodes have. */
export class FlowtapRelease {
  readonly #cluster: NodeCluster;
  readonly #settings: readonly string[];

  /** @param settings as `helm install --set` has them */
  constructor(cluster: NodeCluster, settings: readonly string[]) {
    this.#cluster = cluster;
    this.#settings = ['imageRegistry=localhost', ...settings];
  }

  /** Resolves when all its pods are ready. */
  async install(): Promise<void> {
    await this.#cluster.kubectl(['create', 'namespace', RELEASE]);
    // For the resolvers.
    const label = 'pod-security.kubernetes.io/enforce=privileged';
    await this.#cluster.kubectl(['label', 'namespace', RELEASE, label]);
    await this.#run(['install', RELEASE, chartPath(), ...valueArgs({ set: this.#settings }), ...waiting]);
    await this.#rolledOut();
  }

  /** Resolves when all its pods are ready. @param settings beside the others */
  async upgrade(...settings: readonly string[]): Promise<void> {
    const set = [...this.#settings, ...settings];
    await this.#run(['upgrade', RELEASE, chartPath(), ...valueArgs({ set }), ...waiting]);
    await this.#rolledOut();
  }

  /** What `helm test` looks at. */
  async check(): Promise<void> {
    await this.#run(['test', RELEASE, '--timeout', READY]);
  }

  async uninstall(): Promise<void> {
    await this.#run(['uninstall', RELEASE, ...waiting]);
  }

  /** helm is content when as many are ready as must be; some may still be of the release before. */
  async #rolledOut(): Promise<void> {
    const ours = ['--selector', `app.kubernetes.io/instance=${RELEASE}`, '--timeout', READY];
    for (const kind of ['deployment', 'daemonset']) {
      await this.#cluster.kubectl(['-n', RELEASE, 'rollout', 'status', kind, ...ours]);
    }
  }

  async #run(args: readonly string[]): Promise<void> {
    const where = ['--kubeconfig', this.#cluster.plane.kubeconfigPath, '--namespace', RELEASE];
    const { succeeded, stderr } = await helmBeside([...args, ...where]);
    if (succeeded) return;
    const pods = await this.#cluster.kubectl(['-n', RELEASE, 'get', 'pods', '-o', 'wide']);
    throw new Error(`helm ${args[0]}: ${stderr}\n${pods}`);
  }
}

const waiting = ['--wait', '--timeout', READY];
