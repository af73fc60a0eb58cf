import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { namespacesUnavailable } from '../../integration/namespaces.ts';
import type { ControlPlane } from '../../servers/control-plane.ts';
import { controlPlaneUnavailable, startControlPlane } from '../../servers/control-plane.ts';
import { installedProgram } from '../../servers/installed-program.ts';
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

const READY_MS = 120_000;
const POLL_MS = 100;

/** What a node runs of Debian's, by the package it is in. */
const NODE_PACKAGES = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  conntrack: 'conntrack',
  iptables: 'iptables',
  nft: 'nftables',
} as const;

/** Why there are no nodes here, in a sentence; undefined where there can be. */
export function nodesUnavailable(): string | undefined {
  const missing: string[] = Object.entries(NODE_PACKAGES)
    .filter(([program]) => installedProgram(program) === undefined)
    .map(([, name]) => name);
  if (!existsSync('/usr/lib/cni/ptp')) missing.push('containernetworking-plugins');
  if (missing.length > 0) return `nodes need the Debian packages ${[...new Set(missing)].join(', ')}`;
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
    const network = new ClusterNetwork();
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
      const archives = [...ownImages(), ...images];
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
    }
  }

  /** As administrator, with what it is to read; gives its output. */
  kubectl(args: readonly string[], input?: string): string {
    return this.plane.kubectl(args, input);
  }

  async stop(): Promise<void> {
    // Without an API server nobody makes pods while nodes end.
    await this.plane.stop();
    await Promise.all(this.nodes.map((node) => node.stop()));
    this.network.close();
  }

  async #join(node: ClusterNode): Promise<void> {
    await node.join();
    const get = ['get', 'node', node.place.name, '--ignore-not-found', '-o'];
    const podRange = await this.#wait(`${node.place.name} registers`, () =>
      this.kubectl([...get, 'jsonpath={.spec.podCIDR}']),
    );
    this.network.routePods(podRange, node.place);
    node.networkPods(podRange);
    const ready = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
    await this.#wait(`${node.place.name} gets ready`, () => this.kubectl([...get, ready]) === 'True');
  }

  async #startDns(): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: DNS_OBJECTS };
    this.kubectl(['create', '-f', '-'], JSON.stringify(list));
    const available = ['get', 'deployment', 'coredns', '-o', 'jsonpath={.status.availableReplicas}'];
    await this.#wait('CoreDNS answers', () => this.kubectl(['-n', DNS_NAMESPACE, ...available]));
  }

  /** Asks again and again until there is an answer. */
  async #wait<Answer>(what: string, ask: () => Answer): Promise<Exclude<Answer, false>> {
    const deadlineMs = Date.now() + READY_MS;
    for (;;) {
      const answer = ask();
      if (answer) return answer as Exclude<Answer, false>;
      if (Date.now() > deadlineMs) throw new Error(`${READY_MS} ms were not enough until ${what}`);
      await sleep(POLL_MS);
    }
  }
}

/** What every cluster runs: the first process of each pod, and the DNS server. */
function ownImages(): readonly string[] {
  const folder = makeRunFolder('images');
  return [
    writeImage(folder, {
      name: PAUSE_IMAGE,
      program: String(kubernetesProgram('pause')),
      user: '65535:65535',
    }),
    writeImage(folder, { name: DNS_IMAGE, program: coreDnsPath(), user: '0:0' }),
  ];
}
