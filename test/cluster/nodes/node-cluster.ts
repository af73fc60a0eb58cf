import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { namespacesUnavailable } from '../../integration/namespaces.ts';
import { NODE_PACKAGES, notInstalled } from '../../preparation/debian-packages.ts';
import type { ControlPlane } from '../../servers/control-plane.ts';
import { controlPlaneUnavailable, startControlPlane } from '../../servers/control-plane.ts';
import {
  coreDnsPath,
  kubernetesProgram,
  kubernetesUnavailable,
  NODE_PROGRAMS,
} from '../../servers/kubernetes-programs.ts';
import { makeRunFolder } from '../../servers/run-folder.ts';
import { ClusterNetwork } from './cluster-network.ts';
import { ClusterNode } from './cluster-node.ts';
import { DNS_IMAGE, DNS_NAMESPACE, DNS_OBJECTS } from './dns-objects.ts';
import { cgroupsUnavailable } from './node-cgroups.ts';
import type { ProxyMode } from './node-settings.ts';
import { PAUSE_IMAGE } from './node-settings.ts';
import { writeImage } from './write-image.ts';

/** Beside other tests; alone it takes a few seconds. */
const READY_TIMEOUT = '--timeout=2m';
const MAX_OUTPUT_BYTES = 1 << 28;

/** Why there are no nodes here, in a sentence; undefined where there can be. */
export function nodesUnavailable(): string | undefined {
  const missing = notInstalled(NODE_PACKAGES);
  if (missing.length > 0) return `nodes need the Debian packages ${missing.join(', ')}`;
  const without = kubernetesUnavailable(...NODE_PROGRAMS);
  if (without !== undefined) return without;
  if (!existsSync(coreDnsPath())) return 'no coredns: `npm run test:cluster` builds it with Go';
  return (
    namespacesUnavailable() ??
    cgroupsUnavailable() ??
    controlPlaneUnavailable('controller-manager', 'scheduler')
  );
}

export interface NodeClusterOptions {
  readonly nodes: number;
  readonly proxyMode?: ProxyMode;
  /** OCI archives that every node gets, beside what the cluster itself needs. */
  readonly images?: readonly string[];
  /** Where something else is to be reached, too. The cluster takes it away. */
  readonly network?: ClusterNetwork;
  /** Is told of each step when it begins. */
  readonly onStep?: (step: string) => void;
}

/** A Kubernetes with nodes that run pods, on this machine: control plane, kubelets, containers, networks and DNS. */
export class NodeCluster {
  readonly plane: ControlPlane;
  readonly nodes: readonly ClusterNode[];
  readonly network: ClusterNetwork;

  private constructor(plane: ControlPlane, nodes: readonly ClusterNode[], network: ClusterNetwork) {
    this.plane = plane;
    this.nodes = nodes;
    this.network = network;
  }

  /** Resolves when all nodes are ready and names are resolved. */
  static async start(options: NodeClusterOptions): Promise<NodeCluster> {
    const { proxyMode = 'iptables', images = [], onStep = () => undefined } = options;
    const network = options.network ?? new ClusterNetwork();
    const folder = makeRunFolder('images');
    const started: { stop(): Promise<void> }[] = [];
    try {
      onStep('network, control plane');
      const places = Array.from({ length: options.nodes }, (_, index) =>
        network.addNode(`node-${index + 1}`),
      );
      const plane = await startControlPlane({
        with: ['controller-manager', 'scheduler'],
        address: network.controlAddress,
        namespace: network.router,
        nodes: places,
      });
      started.push(plane);
      onStep('containerd and images on each node');
      const certificates = join(plane.folder, 'certificates');
      const archives = [...ownImages(folder), ...images];
      const starting = places.map(async (place) => {
        const node = await ClusterNode.start(place, certificates, proxyMode);
        started.push(node);
        for (const archive of archives) await node.importImage(archive);
        return node;
      });
      // All of them, so that none starts after the end of another's failure.
      await Promise.allSettled(starting);
      const nodes = await Promise.all(starting);
      const cluster = new NodeCluster(plane, nodes, network);
      onStep('kubelets');
      await Promise.all(nodes.map((node) => cluster.#join(node)));
      onStep('DNS');
      await cluster.#startDns();
      return cluster;
    } catch (error) {
      await Promise.all(started.map((part) => part.stop()));
      network.close();
      throw error;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** As administrator, with what it is to read; gives its output. Relays of this process go on meanwhile. */
  async kubectl(args: readonly string[], input = ''): Promise<string> {
    const command = ['--kubeconfig', this.plane.kubeconfigPath, ...args];
    const options = { maxBuffer: MAX_OUTPUT_BYTES };
    const running = promisify(execFile)(String(kubernetesProgram('kubectl')), command, options);
    running.child.stdin?.end(input);
    return (await running).stdout;
  }

  /** Creates objects. */
  async create(...items: readonly unknown[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items };
    await this.kubectl(['create', '-f', '-'], JSON.stringify(list));
  }

  async stop(): Promise<void> {
    // Without an API server nobody makes pods while nodes end.
    await this.plane.stop();
    await Promise.all(this.nodes.map((node) => node.stop()));
    this.network.close();
  }

  async #join(node: ClusterNode): Promise<void> {
    const object = `node/${node.place.name}`;
    const wait = (condition: string): Promise<string> =>
      this.kubectl(['wait', `--for=${condition}`, object, READY_TIMEOUT]);
    await node.join();
    await wait('create');
    const range = 'jsonpath={.spec.podCIDR}';
    await wait(range);
    const podRange = await this.kubectl(['get', object, '-o', range]);
    this.network.routePods(podRange, node.place);
    node.networkPods(podRange);
    await wait('condition=Ready');
  }

  async #startDns(): Promise<void> {
    await this.create(...DNS_OBJECTS);
    await this.kubectl(['-n', DNS_NAMESPACE, 'rollout', 'status', 'deployment/coredns', READY_TIMEOUT]);
  }
}

/** What every cluster runs: the first process of each pod, and the DNS server. */
function ownImages(folder: string): readonly string[] {
  const pause = String(kubernetesProgram('pause'));
  return [
    writeImage(folder, { name: PAUSE_IMAGE, program: pause, user: '65535:65535' }),
    writeImage(folder, { name: DNS_IMAGE, program: coreDnsPath(), user: '0:0' }),
  ];
}
