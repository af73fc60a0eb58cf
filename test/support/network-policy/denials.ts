import { BlockList, isIPv6 } from 'node:net';
import type { Labels } from './label-selector.ts';
import { selects } from './label-selector.ts';
import type {
  NetworkPolicy,
  PolicyPeer,
  PolicyPort,
  PolicyProtocol,
  PolicyRule,
  PolicyType,
} from './network-policy.ts';

/** A connection between the ends that really talk: behind a service, the pod that answers. */
export interface PolicyFlow {
  /** Who opened it. */
  readonly source: PolicyEnd;
  readonly destination: PolicyEnd;
  readonly protocol: PolicyProtocol;
  /** Of the destination. */
  readonly port: number;
}

/** An address, and the pod that has it where it is one's. */
export interface PolicyEnd {
  readonly ip: string;
  readonly pod?: PolicyPod;
}

export interface PolicyPod {
  readonly namespace: string;
  readonly labels: Labels;
  readonly namespaceLabels: Labels;
  /** Address of the node that it runs on. */
  readonly nodeIp?: string;
  readonly ports?: readonly { readonly name?: string; readonly protocol: string; readonly port: number }[];
}

/** One direction in which nothing allows a connection: the policies that isolate the pod, `namespace/name`. */
export interface Denial {
  readonly type: PolicyType;
  readonly policies: readonly string[];
}

/**
 * Why policies forbid a connection; empty where they allow it. Both sides must: the egress of its source and the ingress
 * of its destination. What a pod sends itself, and what it says to its own node, is always allowed.
 */
export function denials(flow: PolicyFlow, policies: readonly NetworkPolicy[]): readonly Denial[] {
  const { source, destination } = flow;
  if (source.ip === destination.ip) return [];
  if (source.ip === destination.pod?.nodeIp || destination.ip === source.pod?.nodeIp) return [];
  return [
    ...denial('Egress', source.pod, destination, flow, policies),
    ...denial('Ingress', destination.pod, source, flow, policies),
  ];
}

function denial(
  type: PolicyType,
  pod: PolicyPod | undefined,
  peer: PolicyEnd,
  flow: PolicyFlow,
  policies: readonly NetworkPolicy[],
): readonly Denial[] {
  if (pod === undefined) return [];
  const isolating = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace &&
      typesOf(spec).includes(type) &&
      selects(spec.podSelector, pod.labels),
  );
  const allows = ({ metadata, spec }: NetworkPolicy): boolean =>
    (type === 'Ingress' ? spec.ingress : spec.egress)?.some(
      (rule) => hasPeer(rule, peer, metadata.namespace) && hasPort(rule, flow),
    ) ?? false;
  if (isolating.length === 0 || isolating.some(allows)) return [];
  return [{ type, policies: isolating.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`) }];
}

/** Without `policyTypes` a policy is one for ingress, and for egress where it has rules for it. */
function typesOf({ policyTypes, egress = [] }: NetworkPolicy['spec']): readonly PolicyType[] {
  return policyTypes ?? (egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress']);
}

function hasPeer(rule: PolicyRule, end: PolicyEnd, policyNamespace: string): boolean {
  const peers = rule.from ?? rule.to ?? [];
  return peers.length === 0 || peers.some((peer) => isPeer(peer, end, policyNamespace));
}

/** An `ipBlock` is taken at its word: it holds for the addresses of pods, too. */
function isPeer(peer: PolicyPeer, { ip, pod }: PolicyEnd, policyNamespace: string): boolean {
  const { ipBlock, namespaceSelector, podSelector } = peer;
  if (ipBlock !== undefined) {
    return isWithin(ip, ipBlock.cidr) && !(ipBlock.except ?? []).some((cidr) => isWithin(ip, cidr));
  }
  if (pod === undefined) return false;
  const isNamespace =
    namespaceSelector === undefined
      ? pod.namespace === policyNamespace
      : selects(namespaceSelector, pod.namespaceLabels);
  return isNamespace && (podSelector === undefined || selects(podSelector, pod.labels));
}

function isWithin(ip: string, cidr: string): boolean {
  const [network, prefix] = cidr.split('/');
  const family = isIPv6(network) ? 'ipv6' : 'ipv4';
  if (isIPv6(ip) !== isIPv6(network)) return false;
  const block = new BlockList();
  block.addSubnet(network, Number(prefix), family);
  return block.check(ip, family);
}

function hasPort({ ports = [] }: PolicyRule, flow: PolicyFlow): boolean {
  return ports.length === 0 || ports.some((port) => isPort(port, flow));
}

function isPort({ protocol = 'TCP', port, endPort }: PolicyPort, flow: PolicyFlow): boolean {
  if (protocol !== flow.protocol) return false;
  if (port === undefined) return true;
  if (typeof port === 'number') return flow.port >= port && flow.port <= (endPort ?? port);
  return (flow.destination.pod?.ports ?? []).some(
    (declared) => declared.name === port && declared.protocol === protocol && declared.port === flow.port,
  );
}
