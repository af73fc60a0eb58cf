import { communityId } from '../../../../services/core/community-id.ts';
import { parseIp } from '../../../../services/core/ip-address.ts';
import type { NatTranslation } from '../../../../services/core/nat-translation.ts';
import { UDP } from '../../../../services/core/protocol.ts';
import type { CountedConnection } from '../../../integration/pods/counted-connections.ts';
import type { TrafficEnd } from '../pods/traffic-call.mts';

/** Two ends, in the direction in which the flow was opened, and their Community ID. */
export interface Tuple {
  readonly source: TrafficEnd;
  readonly destination: TrafficEnd;
  readonly communityId: string;
}

/** One flow, as the kernel of the node that translated it has it. */
export interface ConntrackFlow {
  /** As its client sent it. */
  readonly sent: Tuple;
  /** As its server got it. */
  readonly arrived: Tuple;
  /** Who really talked: the client as it was, and the server that answered. */
  readonly real: Tuple;
}

/** What is read of a document. */
export interface NatDocument {
  readonly network: { readonly community_id: string };
  readonly source: DocumentEnd;
  readonly destination: DocumentEnd;
  readonly orchestrator: { readonly resource: { readonly name: string } };
  readonly flowtap: {
    readonly original?: {
      readonly community_id?: string;
      readonly source?: Partial<TrafficEnd>;
      readonly destination?: Partial<TrafficEnd>;
    };
    readonly nat?: {
      readonly evidence?: string;
      readonly service?: { readonly name: string; readonly namespace: string; readonly port: number };
    };
  };
}

interface DocumentEnd extends TrafficEnd {
  readonly kubernetes?: { readonly pod?: { readonly name: string } };
}

/** What a document says: what its probe observed, what that really is, and how it is known. */
export interface DocumentedFlow {
  readonly probe: string;
  readonly observed: Tuple;
  readonly real: Tuple;
  readonly evidence: string | undefined;
  /** `namespace/name:port` */
  readonly service: string | undefined;
}

export function conntrackFlow({ original, reply }: CountedConnection): ConntrackFlow {
  const end = (ip: string, port: number | undefined): TrafficEnd => ({ ip, port: port ?? 0 });
  const client = end(original.source, original.sourcePort);
  const server = end(reply.source, reply.sourcePort);
  return {
    sent: tuple(client, end(original.destination, original.destinationPort)),
    arrived: tuple(end(reply.destination, reply.destinationPort), server),
    real: tuple(client, server),
  };
}

/** The observed ends are the real ones, but for what `flowtap.original` says. */
export function documentedFlow({
  network,
  source,
  destination,
  orchestrator,
  flowtap,
}: NatDocument): DocumentedFlow {
  const { original = {}, nat } = flowtap;
  const end = ({ ip, port }: TrafficEnd): TrafficEnd => ({ ip, port });
  return {
    probe: orchestrator.resource.name,
    observed: {
      source: { ...end(source), ...original.source },
      destination: { ...end(destination), ...original.destination },
      communityId: original.community_id ?? network.community_id,
    },
    real: { source: end(source), destination: end(destination), communityId: network.community_id },
    evidence: nat?.evidence,
    service: nat?.service && `${nat.service.namespace}/${nat.service.name}:${nat.service.port}`,
  };
}

/** What the resolver tells of an observed tuple. */
export function translatedFlow(translation: NatTranslation): Pick<DocumentedFlow, 'observed' | 'real'> {
  const { source, destination } = translation.observed;
  return {
    observed: tuple(source, destination),
    real: {
      source: translation.source,
      destination: translation.destination,
      communityId: translation.communityId,
    },
  };
}

export function tuple(source: TrafficEnd, destination: TrafficEnd): Tuple {
  return {
    source,
    destination,
    communityId: communityId({
      protocol: UDP,
      sourceAddress: parseIp(source.ip)!,
      destinationAddress: parseIp(destination.ip)!,
      sourcePort: source.port,
      destinationPort: destination.port,
    }),
  };
}
