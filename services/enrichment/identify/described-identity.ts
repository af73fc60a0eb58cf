import type {
  AddressIdentity,
  PodIdentity,
  PodService,
  ServiceIdentity,
} from '../../core/kubernetes-identity.ts';
import { RecentMap } from '../recent-map.ts';
import type { PromotedLabel } from './promoted-labels.ts';
import { promote } from './promoted-labels.ts';

/** An identity as documents need it: what decides something as values, the rest as JSON that is written once. */
export interface DescribedIdentity {
  readonly kind: AddressIdentity['kind'];
  /** Tells owners apart: the same for one owner whose labels have changed. */
  readonly owner: string;
  readonly podUids: readonly string[];
  /** A pod of its own address that carries a probe. */
  readonly isMonitored: boolean;
  /** How people call it: a pod as `namespace/name`. */
  readonly label: string;
  /** For `domain`, where no service is meant. */
  readonly domain: string;
  /** For `related.hosts`: the pod, the node. */
  readonly hosts: readonly string[];
  readonly node: string | undefined;
  /** The services of the pod, or the one that has the address. */
  readonly services: readonly DescribedService[];
  /** Members of the object `kubernetes` but for `service`. */
  readonly members: string;
}

export interface DescribedService {
  readonly namespace: string;
  readonly name: string;
  readonly domain: string;
  /** Of a pod's service: where clients call it, and where the pod listens. */
  readonly asPodService: PodService | undefined;
  /** The object `service`. */
  readonly json: string;
}

/** A pod as it authenticates itself. */
export interface TokenPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly node?: string | undefined;
}

export interface DescriberOptions {
  /** DNS domain of the cluster: `cluster.local`. */
  readonly clusterDomain: string;
  readonly promotedLabels: readonly PromotedLabel[];
}

/** Pods that a document lists for one end: a node's address is that of all its pods with host network. */
const MOST_PODS = 32;

/** Describes identities. Services are shared between their pods, since a thousand pods may have the same one. */
export class IdentityDescriber {
  readonly #options: DescriberOptions;
  readonly #services = new RecentMap<DescribedService>(20_000);

  constructor(options: DescriberOptions) {
    this.#options = options;
  }

  describe(identity: AddressIdentity): DescribedIdentity {
    const { kind, pods, node } = identity;
    const pod = kind === 'pod' ? pods[0] : undefined;
    const services =
      kind === 'service' ? identity.services.map((one) => this.#service(one, undefined)) : this.#ofPod(pod);
    const nodeName = kind === 'node' ? node?.name : pod?.node;
    const namespace = pod?.namespace ?? (kind === 'service' ? services[0]?.namespace : undefined);
    const name = pod?.name ?? (kind === 'service' ? services[0]?.name : nodeName) ?? '';
    return {
      kind,
      owner: ownerOf(identity),
      podUids: kind === 'pod' ? pods.map(({ uid }) => uid) : [],
      isMonitored: kind === 'pod' && pods.some(({ monitored, hostNetwork }) => monitored && !hostNetwork),
      label: namespace === undefined ? name : `${namespace}/${name}`,
      domain: (kind === 'service' ? services[0]?.domain : undefined) ?? name,
      hosts: [pod?.name, nodeName].filter((host) => host !== undefined),
      node: nodeName,
      services,
      members: this.#members(pod, pods, services, namespace, nodeName),
    };
  }

  /** A pod of which only that is known which its token says. */
  ofSender({ uid, namespace, name, node }: TokenPod): DescribedIdentity {
    const nodeFields = node === undefined ? undefined : { name: node };
    const pod = { name, namespace, uid, node: nodeFields };
    return {
      kind: 'pod',
      owner: `pod ${uid}`,
      podUids: [uid],
      isMonitored: true,
      label: `${namespace}/${name}`,
      domain: name,
      hosts: node === undefined ? [name] : [name, node],
      node,
      services: [],
      members: JSON.stringify({ namespace, node: nodeFields, pod, pods: [pod], pod_count: 1 }).slice(1, -1),
    };
  }

  /** A service of which only the name is known. */
  named(namespace: string, name: string): DescribedService {
    return this.#service({ namespace, name, labels: undefined }, undefined);
  }

  #ofPod(pod: PodIdentity | undefined): readonly DescribedService[] {
    return pod === undefined ? [] : pod.services.map((service) => this.#service(service, service));
  }

  #service(
    service: Pick<ServiceIdentity, 'namespace' | 'name'> & {
      readonly labels: ServiceIdentity['labels'] | undefined;
    },
    asPodService: PodService | undefined,
  ): DescribedService {
    const { namespace, name, labels } = service;
    const key = asPodService === undefined ? `${namespace}/${name}` : JSON.stringify(asPodService);
    const known = this.#services.get(key);
    const json = JSON.stringify({ name, namespace, labels });
    if (known !== undefined && known.json === json) return known;
    const domain = `${name}.${namespace}.svc.${this.#options.clusterDomain}`;
    const described = { namespace, name, domain, asPodService, json };
    this.#services.set(key, described);
    return described;
  }

  #members(
    pod: PodIdentity | undefined,
    pods: readonly PodIdentity[],
    services: readonly DescribedService[],
    namespace: string | undefined,
    node: string | undefined,
  ): string {
    const listed = pods.slice(0, MOST_PODS).map((one) => JSON.stringify(podFields(one)));
    const fields = JSON.stringify({
      namespace,
      ...(pod === undefined ? {} : promote(pod.labels, this.#options.promotedLabels)),
      workload: pod === undefined ? undefined : { kind: pod.workload.kind, name: pod.workload.name },
      node: node === undefined ? undefined : { name: node },
      pod_count: pods.length === 0 ? undefined : pods.length,
    });
    const members = fields === '{}' ? [] : [fields.slice(1, -1)];
    if (pod !== undefined) members.push(`"pod":${listed[0]}`);
    if (listed.length > 0) members.push(`"pods":[${listed.join(',')}]`);
    if (services.length > 0) members.push(`"services":[${services.map(({ json }) => json).join(',')}]`);
    // In one piece: a document is put together faster of few pieces, and the pieces would take as much memory.
    return members.join(',');
  }
}

function podFields({ name, namespace, uid, node, labels }: PodIdentity): object {
  return { name, namespace, uid, node: node === undefined ? undefined : { name: node }, labels };
}

function ownerOf({ kind, pods, services, node }: AddressIdentity): string {
  if (kind === 'node') return `node ${node?.uid}`;
  const uids = kind === 'pod' ? pods.map(({ uid }) => uid) : services.map(({ uid }) => uid);
  return `${kind} ${uids.sort().join(' ')}`;
}
