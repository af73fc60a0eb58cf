import { communityId } from '../../../services/core/community-id.ts';
import type { Endpoint } from '../../../services/core/endpoint.ts';
import { parseIp } from '../../../services/core/ip-address.ts';
import type { NatTranslation, TranslatedService } from '../../../services/core/nat-translation.ts';
import { TCP, UDP } from '../../../services/core/protocol.ts';
import type { PodAnswer } from '../pods/pod-process.ts';

/** A connection as its two ends have seen it. */
export interface SeenConnection {
  readonly protocol: number;
  readonly client: Endpoint;
  readonly called: Endpoint;
  readonly server: Endpoint;
  /** The client as the server saw it. */
  readonly caller: Endpoint;
}

export function idOf(protocol: number, source: Endpoint, destination: Endpoint, seed = 0): string {
  const addresses = { sourceAddress: parseIp(source.ip)!, destinationAddress: parseIp(destination.ip)! };
  return communityId(
    { protocol, ...addresses, sourcePort: source.port, destinationPort: destination.port },
    seed,
  );
}

/** What the call and its answer tell of the connection; `servers` are the backends' addresses by their names. */
export function seenConnection(
  protocol: 'tcp' | 'udp',
  clientIp: string,
  called: Endpoint,
  answer: PodAnswer,
  server: Endpoint,
): SeenConnection {
  return {
    protocol: protocol === 'tcp' ? TCP : UDP,
    client: { ip: clientIp, port: answer.localPort },
    called,
    server,
    caller: { ip: answer.ip.replace(/^::ffff:(?=\d+\.)/, ''), port: answer.port },
  };
}

/** The translations there must be of a connection, by the ids that probes see; without the time. */
export function expectedTranslations(
  { protocol, client, called, server, caller }: SeenConnection,
  service: TranslatedService | undefined,
  seed = 0,
): ReadonlyMap<string, Omit<NatTranslation, 'atMs'>> {
  const real = idOf(protocol, client, server, seed);
  const translation = (source: Endpoint, destination: Endpoint): [string, Omit<NatTranslation, 'atMs'>] => [
    idOf(protocol, source, destination, seed),
    {
      communityId: real,
      observed: { source, destination },
      source: client,
      destination: server,
      service,
      evidence: 'conntrack',
    },
  ];
  const all = [translation(client, called), translation(caller, server)];
  return new Map(all.filter(([id]) => id !== real));
}
