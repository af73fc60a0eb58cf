import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { APPLICATION_IMAGE } from '../../nodes/cluster-images.ts';
import type { NodeCluster } from '../../nodes/node-cluster.ts';
import type { CallOutcome, PodCall } from './traffic-call.mts';

const PROGRAM = 'traffic.mts';
const WAIT = '--timeout=3m';
const POLL_MS = 500;
const CAPTURE_MS = 120_000;

/** A pod that serves and calls. */
export interface WantedPod {
  readonly name: string;
  readonly namespace: string;
  readonly node: string;
  /** Of the program: `serve`, `tcp:8080`, … */
  readonly task: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Without one it has no probe, whatever its namespace says. */
  readonly isCaptured?: boolean;
  readonly ports?: readonly {
    readonly name: string;
    readonly containerPort: number;
    readonly protocol: 'TCP' | 'UDP';
  }[];
  /** A folder of the node in which it writes its log, named for its UID. */
  readonly logFolder?: string;
}

/** A pod that runs. */
export interface TrafficPod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly ip: string;
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Pods of an experiment on a cluster with nodes. */
export class TrafficPods {
  readonly #cluster: NodeCluster;
  readonly #namespaces: string[] = [];

  constructor(cluster: NodeCluster) {
    this.#cluster = cluster;
  }

  /** A namespace whose pods get a probe. */
  async addNamespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const annotations = { 'flowtap.dev/capture': 'enabled' };
    this.#namespaces.push(name);
    await this.#cluster.create(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels, annotations } },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'traffic', namespace: name },
        data: { [PROGRAM]: readFileSync(join(import.meta.dirname, PROGRAM), 'utf8') },
      },
    );
    await this.#cluster.kubectl(['-n', name, 'wait', '--for=create', 'serviceaccount/default', WAIT]);
  }

  /** Creates pods; resolves when they run and their probes capture. */
  async start(wanted: readonly WantedPod[]): Promise<readonly TrafficPod[]> {
    await this.#cluster.create(...wanted.map(podObject));
    const names = wanted.map(({ name }) => `pod/${name}`);
    const namespaces = [...new Set(wanted.map(({ namespace }) => namespace))];
    for (const namespace of namespaces) {
      const own = wanted.filter((pod) => pod.namespace === namespace).map(({ name }) => `pod/${name}`);
      await this.#cluster.kubectl(['-n', namespace, 'wait', '--for=condition=Ready', WAIT, ...own]);
    }
    const running = (await Promise.all(namespaces.map((namespace) => this.list(namespace)))).flat();
    const pods = names.map((_, index) => {
      const { name, namespace } = wanted[index];
      return running.find((pod) => pod.name === name && pod.namespace === namespace)!;
    });
    await Promise.all(pods.map((pod, index) => wanted[index].isCaptured !== false && this.#captures(pod)));
    return pods;
  }

  async list(namespace: string): Promise<readonly TrafficPod[]> {
    const { items } = JSON.parse(await this.#cluster.kubectl(['-n', namespace, 'get', 'pods', '-o', 'json']));
    return items.map(viewOf);
  }

  /** Has a pod make calls, all at once. */
  async call(pod: TrafficPod, calls: readonly PodCall[]): Promise<readonly CallOutcome[]> {
    const command = ['/usr/bin/node', `/traffic/${PROGRAM}`, 'call'];
    const exec = ['-n', pod.namespace, 'exec', '-i', pod.name, '-c', 'app', '--', ...command];
    return JSON.parse(await this.#cluster.kubectl(exec, JSON.stringify(calls)));
  }

  /** Takes the namespaces away, with all that is in them. */
  async close(): Promise<void> {
    const names = this.#namespaces.splice(0);
    if (names.length === 0) return;
    await this.#cluster.kubectl(['delete', 'namespace', ...names, WAIT]);
  }

  /** A container without a readiness probe does not tell that it does its work. */
  async #captures({ name, namespace }: TrafficPod): Promise<void> {
    const untilMs = Date.now() + CAPTURE_MS;
    for (;;) {
      const logs = await this.#cluster.kubectl(['-n', namespace, 'logs', name, '-c', 'flowtap-probe']);
      if (logs.includes('"message":"capturing"')) return;
      if (Date.now() > untilMs)
        throw new Error(`The probe of ${namespace}/${name} does not capture: ${logs}`);
      await sleep(POLL_MS);
    }
  }
}

/** @returns the manifest of a pod */
export function podObject(wanted: WantedPod): object {
  const { name, namespace, node, task, labels = {}, isCaptured = true, ports = [], logFolder } = wanted;
  const field = (variable: string, fieldPath: string): object => ({
    name: variable,
    valueFrom: { fieldRef: { fieldPath } },
  });
  const logging = logFolder === undefined ? [] : [{ name: 'LOG_FILE', value: '/logs/$(POD_UID)' }];
  const container = {
    name: 'app',
    image: APPLICATION_IMAGE,
    command: ['/usr/bin/node', `/traffic/${PROGRAM}`],
    args: task,
    ports,
    env: [
      field('POD_NAME', 'metadata.name'),
      field('POD_UID', 'metadata.uid'),
      field('POD_IP', 'status.podIP'),
      ...logging,
    ],
    volumeMounts: [
      { name: 'traffic', mountPath: '/traffic' },
      ...(logFolder === undefined ? [] : [{ name: 'logs', mountPath: '/logs' }]),
    ],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels,
      ...(!isCaptured && { annotations: { 'flowtap.dev/capture': 'disabled' } }),
    },
    spec: {
      nodeSelector: { 'kubernetes.io/hostname': node },
      terminationGracePeriodSeconds: 1,
      containers: [container],
      volumes: [
        { name: 'traffic', configMap: { name: 'traffic' } },
        ...(logFolder === undefined ? [] : [{ name: 'logs', hostPath: { path: logFolder } }]),
      ],
    },
  };
}

interface PodObject {
  readonly metadata: Pick<TrafficPod, 'name' | 'namespace' | 'uid'> & {
    readonly labels?: TrafficPod['labels'];
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly podIP?: string };
}

function viewOf({ metadata, spec, status }: PodObject): TrafficPod {
  const { name, namespace, uid, labels = {} } = metadata;
  return { name, namespace, uid, labels, ip: status.podIP ?? '', node: spec.nodeName ?? '' };
}
