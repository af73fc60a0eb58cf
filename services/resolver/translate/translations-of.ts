import { communityId } from '../../core/community-id.ts';
import type { Endpoint } from '../../core/endpoint.ts';
import { formatIp } from '../../core/ip-address.ts';
import type { NatTranslation, TranslatedService } from '../../core/nat-translation.ts';
import { ICMP, ICMPV6, SCTP, TCP, UDP } from '../../core/protocol.ts';
import type { ConntrackEntry } from '../conntrack/conntrack-entry.ts';

/** A translation, and the Community ID that a probe on that side of it sees. */
export interface KeyedTranslation {
  readonly id: string;
  readonly translation: NatTranslation;
}

/** Says which service is called at a destination that is rewritten. */
export interface ServiceFinder {
  find(protocol: number, ip: string, port: number): TranslatedService | undefined;
}

export interface TranslationContext {
  /** Of the Community IDs. */
  readonly seed: number;
  readonly nowMs: number;
  readonly services: ServiceFinder;
  /** Leaves out what is no service's: masquerading, host ports, other rules. */
  readonly servicesOnly: boolean;
}

/** An end of one direction, as bytes and as text. */
interface End {
  readonly address: Uint8Array;
  readonly endpoint: Endpoint;
}

/** Whose records have ports; for ICMP the hash has type and code in their place. */
const WITH_PORTS = new Set([TCP, UDP, SCTP, ICMP, ICMPV6]);

/**
 * What probes need to know of a connection whose addresses are rewritten on this node:
 *
 * - who sent and who answered is the original tuple's source and the reply's source;
 * - a probe at the client sees the original tuple;
 * - a probe at the server sees the reply's tuple. It is another one where the source is rewritten: masquerading, and a
 *   pod that reaches itself through its service.
 *
 * Nothing is kept for a tuple whose Community ID is that of the real one already.
 */
export function translationsOf(entry: ConntrackEntry, context: TranslationContext): KeyedTranslation[] {
  const { bytes, original, reply } = entry;
  const { protocol, addressBytes, isIcmp } = original;
  const hasPorts = WITH_PORTS.has(protocol);
  const end = (at: number, port: number): End => {
    const address = bytes.subarray(at, at + addressBytes);
    return { address, endpoint: { ip: formatIp(address) ?? '', port: hasPorts && !isIcmp ? port : 0 } };
  };
  const client = end(original.sourceAt, original.sourcePort);
  const called = end(original.destinationAt, original.destinationPort);
  const service = entry.isDestinationRewritten
    ? context.services.find(protocol, called.endpoint.ip, called.endpoint.port)
    : undefined;
  if (service === undefined && context.servicesOnly) return [];
  const server = end(reply.sourceAt, reply.sourcePort);
  const answered = end(reply.destinationAt, reply.destinationPort);
  const idOf = (source: End, destination: End): string => {
    const ports = isIcmp
      ? { sourcePort: original.sourcePort, destinationPort: original.destinationPort }
      : { sourcePort: source.endpoint.port, destinationPort: destination.endpoint.port };
    const addresses = { sourceAddress: source.address, destinationAddress: destination.address };
    return communityId({ protocol, ...addresses, ...(hasPorts && ports) }, context.seed);
  };
  const realId = idOf(client, server);
  const translations: KeyedTranslation[] = [];
  const keep = (source: End, destination: End): void => {
    const id = idOf(source, destination);
    if (id === realId) return;
    translations.push({
      id,
      translation: {
        communityId: realId,
        observed: { source: source.endpoint, destination: destination.endpoint },
        source: client.endpoint,
        destination: server.endpoint,
        service,
        evidence: 'conntrack',
        atMs: context.nowMs,
      },
    });
  };
  if (entry.isDestinationRewritten) keep(client, called);
  if (entry.isSourceRewritten) keep(answered, server);
  return translations;
}
