import type { PodNamespace } from '../integration/pods/pod-network.ts';
import { PodProcess } from '../integration/pods/pod-process.ts';
import type { WantedPod } from './cluster-objects.ts';
import type { FlowtapCluster } from './flowtap-cluster.ts';

/** The service `web`, as pods call it. */
export const SHOP_SERVICE = { ipv4: '10.96.0.80', ipv6: 'fd00:96::80', port: 80 } as const;
export const SHOP_PORT = 8080;

export interface ShopPod extends PodNamespace {
  readonly labels: Readonly<Record<string, string>>;
  readonly monitored: boolean;
  /** Behind the service. */
  readonly isBackend: boolean;
}

/** A pod that calls, one of which nothing is known but what others see, and three that answer behind a service. */
const PODS: readonly Omit<ShopPod, 'namespace' | 'ipv4' | 'ipv6'>[] = [
  {
    name: 'caller',
    monitored: true,
    isBackend: false,
    labels: { app: 'caller', 'app.kubernetes.io/name': 'storefront', version: '7' },
  },
  {
    name: 'legacy',
    monitored: false,
    isBackend: false,
    labels: { 'app.kubernetes.io/name': 'web', 'example.com/cost.centre': 'c-7' },
  },
  ...[0, 1, 2].map((index) => ({
    name: `web-${index}`,
    monitored: true,
    isBackend: true,
    labels: {
      app: 'web',
      'app.kubernetes.io/name': 'web',
      'app.kubernetes.io/version': `1.${index}`,
      version: index === 2 ? 'canary' : 'stable',
    },
  })),
];

/** Pods in namespaces, and the objects that say of them what the API server has of real ones. */
export class Shop {
  readonly pods: ReadonlyMap<string, ShopPod>;
  readonly #cluster: FlowtapCluster;
  readonly #uids: ReadonlyMap<string, string>;
  readonly #processes = new Map<string, PodProcess>();

  /** Between the start of the servers and that of flowtap's services. */
  constructor(cluster: FlowtapCluster) {
    this.#cluster = cluster;
    const pods: ShopPod[] = PODS.map((pod) => ({ ...cluster.network.addPod(pod.name), ...pod }));
    this.pods = new Map(pods.map((pod) => [pod.name, pod]));
    cluster.objects.addDeployment('web');
    const wanted = pods.map(wantedPod);
    this.#uids = new Map(wanted.map((pod) => [pod.name, cluster.objects.addPod(pod)]));
    this.#addService(
      pods.filter(({ isBackend }) => isBackend),
      wanted.filter(({ deployment }) => deployment !== undefined),
    );
  }

  /** Probes in the pods that have one, and in all of them a process that serves and calls. */
  async start(probeFlags: readonly string[] = []): Promise<void> {
    await Promise.all(
      [...this.pods.values()].map(async (pod) => {
        const uid = this.#uids.get(pod.name) ?? '';
        if (pod.monitored) await this.#cluster.startProbe(pod, uid, probeFlags);
        const process = await PodProcess.start(pod.namespace);
        this.#processes.set(pod.name, process);
        await process.serve(SHOP_PORT, pod.name);
      }),
    );
  }

  pod(name: string): ShopPod {
    return required(this.pods, name);
  }

  process(name: string): PodProcess {
    return required(this.#processes, name);
  }

  #addService(backends: readonly ShopPod[], wanted: readonly WantedPod[]): void {
    const { network, objects } = this.#cluster;
    const { ipv4, ipv6, port } = SHOP_SERVICE;
    const ports = (['TCP', 'UDP'] as const).map((protocol) => ({
      ...{ name: protocol.toLowerCase(), protocol, port, targetPort: SHOP_PORT },
    }));
    objects.addService({ name: 'web', addresses: [ipv4, ipv6], ports }, wanted);
    for (const protocol of ['tcp', 'udp'] as const) {
      for (const ip of [ipv4, ipv6]) {
        network.addService({ ip, protocol, port, targetPort: SHOP_PORT }, backends);
      }
    }
  }
}

function wantedPod({ name, labels, monitored, isBackend, ipv4, ipv6 }: ShopPod): WantedPod {
  const pod = { name, labels, monitored, addresses: [ipv4, ipv6] };
  return isBackend ? { ...pod, deployment: 'web' } : pod;
}

function required<Value>(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new Error(`There is no pod ${name}.`);
  return value;
}
