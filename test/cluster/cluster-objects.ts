import type { ControlPlane } from '../servers/control-plane.ts';

export const NAMESPACE = 'shop';
export const NODE = 'node-a';

/** A pod as the test wants it; no kubelet runs here, so the test also writes what one would report. */
export interface WantedPod {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  /** With the container that makes enrichment expect records of the pod itself. */
  readonly monitored: boolean;
  /** The Deployment it belongs to. */
  readonly deployment?: string;
  /** Its addresses are the node's then. */
  readonly hostNetwork?: boolean;
}

export interface WantedService {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly ports: readonly {
    readonly name: string;
    readonly protocol: 'TCP' | 'UDP';
    readonly port: number;
    readonly targetPort: number;
  }[];
}

/** Writes objects through the API server, and what a kubelet and controllers would write. */
export class ClusterObjects {
  readonly #plane: ControlPlane;

  constructor(plane: ControlPlane) {
    this.#plane = plane;
  }

  /** A namespace with a service account, and a node. */
  prepare(nodeAddress: string): void {
    this.#apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: NAMESPACE } },
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: NODE, labels: { 'topology.kubernetes.io/zone': 'a' } },
      },
    );
    this.#report('node', NODE, { addresses: [{ type: 'InternalIP', address: nodeAddress }] });
  }

  /** A Deployment and its ReplicaSet, without a controller that would make pods of them. */
  addDeployment(name: string): void {
    const template = {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'app', image: 'app' }] },
    };
    const spec = { replicas: 0, selector: { matchLabels: { app: name } }, template };
    this.#apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: NAMESPACE },
      spec,
    });
    this.#apply({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-5d9c`,
        namespace: NAMESPACE,
        ownerReferences: [this.#owner('apps/v1', 'Deployment', name)],
      },
      spec,
    });
  }

  /** Creates a pod and reports it as running at its addresses; gives its uid. */
  addPod({ name, labels, addresses, monitored, deployment, hostNetwork = false }: WantedPod): string {
    const owners =
      deployment === undefined ? [] : [this.#owner('apps/v1', 'ReplicaSet', `${deployment}-5d9c`)];
    const names = monitored ? ['app', 'flowtap-probe'] : ['app'];
    this.#apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: NAMESPACE, labels, ownerReferences: owners },
      spec: {
        nodeName: NODE,
        hostNetwork,
        serviceAccountName: 'default',
        terminationGracePeriodSeconds: 0,
        containers: names.map((container) => ({ name: container, image: container })),
      },
    });
    const now = new Date().toISOString();
    this.#report('pod', name, {
      phase: 'Running',
      startTime: now,
      podIP: addresses[0],
      podIPs: addresses.map((ip) => ({ ip })),
      conditions: [{ type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: now }],
      containerStatuses: names.map((container) => ({
        name: container,
        image: container,
        imageID: container,
        ready: true,
        restartCount: 0,
        state: { running: { startedAt: now } },
      })),
    });
    return this.#uid('pod', name);
  }

  removePod(name: string): void {
    this.#plane.kubectl([
      '-n',
      NAMESPACE,
      'delete',
      'pod',
      name,
      '--grace-period=0',
      '--force',
      '--wait=true',
    ]);
  }

  /** A service, and the slices that its controller would make for these pods. */
  addService({ name, addresses, ports }: WantedService, pods: readonly WantedPod[]): void {
    const families = addresses.map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4'));
    this.#apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: NAMESPACE, labels: { tier: 'front' } },
      spec: {
        clusterIP: addresses[0],
        clusterIPs: addresses,
        ipFamilies: families,
        ipFamilyPolicy: addresses.length > 1 ? 'RequireDualStack' : 'SingleStack',
        ports: ports.map(({ name: portName, protocol, port, targetPort }) => ({
          name: portName,
          protocol,
          port,
          targetPort,
        })),
      },
    });
    for (const family of families) {
      this.#apply({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: `${name}-${family.toLowerCase()}`,
          namespace: NAMESPACE,
          labels: { 'kubernetes.io/service-name': name },
        },
        addressType: family,
        ports: ports.map(({ name: portName, protocol, targetPort }) => ({
          name: portName,
          protocol,
          port: targetPort,
        })),
        endpoints: pods.map((pod) => ({
          addresses: pod.addresses.filter((ip) => ip.includes(':') === (family === 'IPv6')),
          conditions: { ready: true },
          nodeName: NODE,
          targetRef: { kind: 'Pod', namespace: NAMESPACE, name: pod.name, uid: this.#uid('pod', pod.name) },
        })),
      });
    }
  }

  /** A token for enrichment, bound to the pod. */
  token(podName: string): string {
    const bound = ['--bound-object-kind', 'Pod', '--bound-object-name', podName];
    const request = ['-n', NAMESPACE, 'create', 'token', 'default', '--audience', 'flowtap', ...bound];
    return this.#plane.kubectl(request).trim();
  }

  #apply(...objects: readonly unknown[]): void {
    for (const object of objects) this.#plane.kubectl(['create', '-f', '-'], JSON.stringify(object));
  }

  #report(kind: string, name: string, status: unknown): void {
    const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })];
    this.#plane.kubectl(['-n', NAMESPACE, 'patch', kind, name, ...patch]);
  }

  #owner(apiVersion: string, kind: string, name: string): unknown {
    return { apiVersion, kind, name, uid: this.#uid(kind, name), controller: true };
  }

  #uid(kind: string, name: string): string {
    return this.#plane.kubectl(['-n', NAMESPACE, 'get', kind, name, '-o', 'jsonpath={.metadata.uid}']);
  }
}
