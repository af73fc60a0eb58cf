import type { Denial, PolicyEnd, PolicyPod } from '../../../support/network-policy/denials.ts';
import { denials } from '../../../support/network-policy/denials.ts';
import type { Labels } from '../../../support/network-policy/label-selector.ts';
import type { NetworkPolicy, PolicyProtocol } from '../../../support/network-policy/network-policy.ts';

/** What is read of a document. */
export interface PolicyDocument {
  readonly network: { readonly community_id: string; readonly transport: string; readonly bytes: number };
  readonly source: DocumentEnd;
  readonly destination: DocumentEnd;
  readonly flowtap: {
    readonly original?: unknown;
    readonly tcp?: { readonly source?: { readonly unanswered_syns?: number } };
  };
}

interface DocumentEnd {
  readonly ip: string;
  readonly port?: number;
  readonly packets: number;
  readonly kubernetes?: {
    readonly pod?: {
      readonly name: string;
      readonly namespace: string;
      readonly labels?: Labels;
      readonly node?: { readonly name: string };
    };
  };
}

/** What documents do not have, and the API server has. */
export interface ClusterFacts {
  readonly policies: readonly NetworkPolicy[];
  readonly namespaceLabels: ReadonlyMap<string, Labels>;
  readonly nodeIps: ReadonlyMap<string, string>;
  /** Of `namespace/pod`. */
  readonly ports: ReadonlyMap<string, NonNullable<PolicyPod['ports']>>;
}

/** A connection, by all its documents. */
export interface JudgedFlow {
  readonly communityId: string;
  /** `namespace/pod`, else the address. */
  readonly source: string;
  readonly destination: string;
  readonly protocol: PolicyProtocol;
  readonly port: number;
  readonly bytes: number;
  /** Packets of the end that was called; 0 where something dropped what was sent to it. */
  readonly answerPackets: number;
  readonly unansweredSyns: number;
  /** It went through a service. */
  readonly isTranslated: boolean;
  /** Why it was forbidden; empty where it was not. */
  readonly denials: readonly Denial[];
}

/** What policies say of the connections in documents that have ports. */
export function judgeFlows(documents: readonly PolicyDocument[], facts: ClusterFacts): readonly JudgedFlow[] {
  const connections = Map.groupBy(documents, ({ network }) => network.community_id);
  return [...connections.values()].flatMap((own) => judge(own, facts) ?? []);
}

function judge(documents: readonly PolicyDocument[], facts: ClusterFacts): JudgedFlow | undefined {
  const [{ network, source, destination, flowtap }] = documents;
  const protocol = network.transport.toUpperCase();
  const { port } = destination;
  if (port === undefined || !isPolicyProtocol(protocol)) return undefined;
  const flow = { source: endOf(source, facts), destination: endOf(destination, facts), protocol, port };
  const sum = (count: (document: PolicyDocument) => number | undefined): number =>
    documents.reduce((total, document) => total + (count(document) ?? 0), 0);
  return {
    communityId: network.community_id,
    source: nameOf(source),
    destination: nameOf(destination),
    protocol,
    port,
    bytes: sum((document) => document.network.bytes),
    answerPackets: sum((document) => document.destination.packets),
    unansweredSyns: sum((document) => document.flowtap.tcp?.source?.unanswered_syns),
    isTranslated: flowtap.original !== undefined,
    denials: denials(flow, facts.policies),
  };
}

function isPolicyProtocol(protocol: string): protocol is PolicyProtocol {
  return ['TCP', 'UDP', 'SCTP'].includes(protocol);
}

/** The labels are those that the pod had then. */
function endOf({ ip, kubernetes }: DocumentEnd, facts: ClusterFacts): PolicyEnd {
  const pod = kubernetes?.pod;
  if (pod === undefined) return { ip };
  const { namespace, name, labels = {}, node } = pod;
  const nodeIp = facts.nodeIps.get(node?.name ?? '');
  const ports = facts.ports.get(`${namespace}/${name}`);
  return {
    ip,
    pod: {
      namespace,
      labels,
      namespaceLabels: facts.namespaceLabels.get(namespace) ?? {},
      ...(nodeIp !== undefined && { nodeIp }),
      ...(ports !== undefined && { ports }),
    },
  };
}

function nameOf({ ip, kubernetes }: DocumentEnd): string {
  const pod = kubernetes?.pod;
  return pod === undefined ? ip : `${pod.namespace}/${pod.name}`;
}
