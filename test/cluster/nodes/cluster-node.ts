import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesProgram } from '../../servers/kubernetes-programs.ts';
import { kubernetesProgram } from '../../servers/kubernetes-programs.ts';
import { makeRunFolder } from '../../servers/run-folder.ts';
import type { ServerProcess } from '../../servers/server-process.ts';
import type { NodePlace } from './cluster-network.ts';
import { makeCgroup, removeCgroup } from './node-cgroups.ts';
import { NodeNamespaces } from './node-namespaces.ts';
import type { NodeSettings, PodAddresses, ProxyMode } from './node-settings.ts';
import {
  CONTAINERD_SOCKET,
  containerdSettings,
  DNS_ADDRESS,
  kubeletSettings,
  kubeProxySettings,
  podNetworkSettings,
} from './node-settings.ts';

const READY_MS = 30_000;

/** linux/magic.h */
const OVERLAYFS_SUPER_MAGIC = 0x794c7630;

/** A node with containerd, kubelet and kube-proxy, each a process of its own. */
export class ClusterNode {
  readonly place: NodePlace;
  /** Holds a log for each program. */
  readonly folder: string;
  readonly #settings: NodeSettings;
  readonly #namespaces: NodeNamespaces;

  private constructor(settings: NodeSettings, namespaces: NodeNamespaces) {
    this.place = settings.place;
    this.folder = settings.folder;
    this.#settings = settings;
    this.#namespaces = namespaces;
  }

  /** Starts containerd; pods come with `join`. @param certificates the folder with the node's */
  static async start(place: NodePlace, certificates: string, proxyMode: ProxyMode): Promise<ClusterNode> {
    const folder = makeRunFolder(place.name);
    for (const name of ['cni', 'volume-plugins']) mkdirSync(join(folder, name));
    const cgroup = place.namespace.name;
    makeCgroup(cgroup);
    // An overlay cannot be put on another.
    const isOverlay = statfsSync(folder).type === OVERLAYFS_SUPER_MAGIC;
    const snapshotter = isOverlay ? 'native' : 'overlayfs';
    const settings = { place, folder, certificates, cgroup, proxyMode, snapshotter } as const;
    const namespaces = await NodeNamespaces.start(place, folder);
    const node = new ClusterNode(settings, namespaces);
    try {
      await node.#startContainerd();
    } catch (error) {
      await node.stop();
      throw error;
    }
    return node;
  }

  /** Makes an image known, from an OCI archive. */
  async importImage(archive: string): Promise<void> {
    const { snapshotter } = this.#settings;
    await this.#containerd(['-n', 'k8s.io', 'images', 'import', '--snapshotter', snapshotter, '-'], archive);
  }

  /** Has the node take part in the cluster; it gets ready when it is told the addresses of its pods. */
  async join(): Promise<void> {
    const { certificates, place } = this.#settings;
    writeFileSync(this.#file('resolv.conf'), `nameserver ${DNS_ADDRESS}\n`);
    const proxy = this.#writeJson('kube-proxy.json', kubeProxySettings(this.#settings));
    const kubelet = this.#writeJson('kubelet.json', kubeletSettings(this.#settings));
    await this.#spawn('kube-proxy', ['--config', proxy]);
    const identity = ['--hostname-override', place.name, '--node-ip', place.address];
    const kubeconfig = join(certificates, `${place.name}.kubeconfig`);
    await this.#spawn('kubelet', ['--config', kubelet, '--kubeconfig', kubeconfig, ...identity]);
  }

  /** Tells it from which range its pods get their addresses. */
  networkPods(podRange: string, addresses?: PodAddresses): void {
    // In place: containerd reads it again when it is written, not when it is moved there.
    this.#writeJson('cni/pods.conflist', podNetworkSettings(podRange, addresses));
  }

  /** Runs a program in the node's namespaces to its end; gives its output. */
  async run(command: string, ...args: readonly string[]): Promise<string> {
    return await this.#namespaces.run(command, args);
  }

  async stop(): Promise<void> {
    await this.#namespaces.stop();
    await removeCgroup(this.#settings.cgroup);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  async #startContainerd(): Promise<void> {
    const settings = this.#file('containerd.toml');
    writeFileSync(settings, containerdSettings(this.#settings));
    const containerd = await this.#namespaces.spawn('containerd', 'containerd', ['--config', settings]);
    await containerd.ready(async () => (await this.#containerd(['version'])) !== '', READY_MS);
  }

  #containerd(args: readonly string[], input?: string): Promise<string> {
    return this.#namespaces.run('ctr', ['--address', CONTAINERD_SOCKET, ...args], input);
  }

  #spawn(program: KubernetesProgram, args: readonly string[]): Promise<ServerProcess> {
    return this.#namespaces.spawn(program, String(kubernetesProgram(program)), args);
  }

  #writeJson(name: string, content: unknown): string {
    writeFileSync(this.#file(name), JSON.stringify(content));
    return this.#file(name);
  }

  #file(name: string): string {
    return join(this.folder, name);
  }
}
