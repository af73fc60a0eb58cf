import { communityId } from '../../../services/core/community-id.ts';
import { parseIp } from '../../../services/core/ip-address.ts';
import { TCP, UDP } from '../../../services/core/protocol.ts';
import type { Privileges } from '../../../services/runtime/linux/privileges.ts';
import { parsePrivileges } from '../../../services/runtime/linux/privileges.ts';
import { until } from '../../support/until.ts';
import { APPLICATION_IMAGE } from './cluster-images.ts';
import type { NodeCluster } from './node-cluster.ts';
import type { PodView, StatusView } from './pod-view.ts';

/** Where the application serves. */
export const APPLICATION_PORT = 8080;

/** Who answered a request of the application, what it saw of the caller, and the caller's own port. */
export interface ApplicationAnswer {
  readonly pod: string;
  readonly ip: string;
  readonly port: number;
  readonly localPort: number;
}

/** The pods of a cluster with nodes, and what they say and do. */
export class ClusterPods {
  readonly #cluster: NodeCluster;

  constructor(cluster: NodeCluster) {
    this.#cluster = cluster;
  }

  /** A pod `client` on the first node, and a service `web` with pods on all of them; resolves when they are ready. */
  async startApplication(namespace: string, replicas: number): Promise<void> {
    const container = { name: 'app', image: APPLICATION_IMAGE, ports: [{ containerPort: APPLICATION_PORT }] };
    const labels = { app: 'web' };
    const spread = {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: labels },
    };
    const ports = (['TCP', 'UDP'] as const).map((protocol) => ({
      name: protocol.toLowerCase(),
      protocol,
      port: 80,
      targetPort: APPLICATION_PORT,
    }));
    const accounts = ['wait', '--for=create', 'serviceaccount/default', '--timeout=1m'];
    await this.#cluster.kubectl(['-n', namespace, ...accounts]);
    await this.#cluster.create(
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'client', namespace, labels: { app: 'client' } },
        spec: {
          nodeSelector: { 'kubernetes.io/hostname': this.#cluster.nodes[0].place.name },
          containers: [container],
        },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace },
        spec: {
          replicas,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [container], topologySpreadConstraints: [spread] },
          },
        },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace },
        spec: { selector: labels, ports },
      },
    );
    const wait = ['wait', 'pod/client', '--for=condition=Ready', '--timeout=2m'];
    await this.#cluster.kubectl(['-n', namespace, ...wait]);
    await this.#cluster.kubectl(['-n', namespace, 'rollout', 'status', 'deployment/web', '--timeout=2m']);
    // Nodes hear of the pods of a service a moment after these are ready.
    await until(async () => (await this.#answering(namespace)) === replicas);
  }

  /** Has the client make requests, each from a port of its own. */
  async call(namespace: string, url: string, count: number): Promise<readonly ApplicationAnswer[]> {
    const command = ['/usr/bin/node', '/application/application.mts', 'call', url, String(count)];
    const exec = ['-n', namespace, 'exec', 'client', '-c', 'app', '--', ...command];
    return JSON.parse(await this.#cluster.kubectl(exec));
  }

  async list(namespace: string, ...selector: readonly string[]): Promise<readonly PodView[]> {
    const get = ['-n', namespace, 'get', 'pods', '-o', 'json', ...selector];
    return JSON.parse(await this.#cluster.kubectl(get)).items;
  }

  /** What the first process of a container may do, as its node has it. */
  async privilegesOf(pod: PodView, container: StatusView): Promise<Privileges> {
    const pid = await this.#processOf(pod, container);
    return parsePrivileges(await this.#nodeOf(pod).run('cat', `/proc/${pid}/status`));
  }

  /** Ends it at once, as a crash would. */
  async kill(pod: PodView, container: StatusView): Promise<void> {
    await this.#nodeOf(pod).run('kill', '-KILL', await this.#processOf(pod, container));
  }

  /** How many pods of the service answer the client. */
  async #answering(namespace: string): Promise<number> {
    const answers = await this.call(namespace, 'http://web/', 10).catch(() => []);
    return new Set(answers.map(({ pod }) => pod)).size;
  }

  async #processOf(pod: PodView, { containerID }: StatusView): Promise<string> {
    const id = String(containerID).replace('containerd://', '');
    const tasks = await this.#nodeOf(pod).run('ctr', '--namespace', 'k8s.io', 'tasks', 'list');
    const line = tasks.split('\n').find((each) => each.startsWith(id));
    return String(line).split(/\s+/)[1];
  }

  #nodeOf({ spec }: PodView) {
    const node = this.#cluster.nodes.find(({ place }) => place.name === spec.nodeName);
    if (node === undefined) throw new Error(`there is no node ${spec.nodeName}`);
    return node;
  }
}

/** The Community ID of a request, between the pods themselves. */
export function communityIdOf(
  { ip, port }: ApplicationAnswer,
  answeringIp: string,
  protocol: 'http' | 'udp',
): string {
  return communityId({
    protocol: protocol === 'udp' ? UDP : TCP,
    sourceAddress: parseIp(ip)!,
    destinationAddress: parseIp(answeringIp)!,
    sourcePort: port,
    destinationPort: APPLICATION_PORT,
  });
}
