import { communityId } from '../../core/community-id.ts';
import type { PodService } from '../../core/kubernetes-identity.ts';
import type { FlowWork } from '../document/flow-work.ts';
import type { Address, AddressBook } from '../locate/address.ts';
import type { TranslationEntry } from './translation-store.ts';

/** As long as the resolver keeps what it has seen. */
const TTL_SECONDS = 3600;

/** Keys that one flow is kept under, at most. A pod behind more services than that is no usual one. */
const MOST_KEYS = 16;

/**
 * What the server's own record tells of the way to it: a client that called one of the services in front of this pod has
 * seen the service's address and port, and its own address and port were the same there as here. So for each of the
 * services there is a tuple that the client's probe may have seen. Those that nobody has seen are never looked up.
 */
export function inferTranslations(
  work: FlowWork,
  services: readonly PodService[],
  book: AddressBook,
  seed: number,
  nowMs: number,
): readonly TranslationEntry[] {
  const { event, source, destination, protocol } = work;
  const clientPort = event.source.port;
  const serverPort = event.destination.port;
  if (source === undefined || destination === undefined || protocol === undefined) return [];
  if (clientPort === undefined || serverPort === undefined) return [];
  if (source.bytes.length !== destination.bytes.length) return [];
  const client = { ip: source.text, port: clientPort };
  const server = { ip: destination.text, port: serverPort };
  const idTo = ({ bytes }: Address, destinationPort: number): string =>
    communityId(
      {
        protocol,
        sourceAddress: source.bytes,
        destinationAddress: bytes,
        sourcePort: clientPort,
        destinationPort,
      },
      seed,
    );
  // Not the event's own: it goes into documents of others.
  let realId: string | undefined;
  const entries: TranslationEntry[] = [];
  for (const [service, front, port] of fronts(services, protocol, serverPort, book)) {
    if (front.bytes.length !== destination.bytes.length || front.text === server.ip) continue;
    if (entries.length === MOST_KEYS) break;
    realId ??= idTo(destination, serverPort);
    entries.push({
      id: idTo(front, port),
      ttlSeconds: TTL_SECONDS,
      translation: {
        communityId: realId,
        observed: { source: client, destination: { ip: front.text, port } },
        source: client,
        destination: server,
        service: { namespace: service.namespace, name: service.name, port },
        evidence: 'inferred',
        atMs: nowMs,
      },
    });
  }
  return entries;
}

/** The addresses and ports under which this port of the pod is called. */
function* fronts(
  services: readonly PodService[],
  protocol: number,
  targetPort: number,
  book: AddressBook,
): Generator<readonly [PodService, Address, number]> {
  for (const service of services) {
    for (const port of service.ports) {
      if (port.protocol !== protocol || port.targetPort !== targetPort) continue;
      for (const text of service.addresses) {
        const address = book.read(text);
        if (address !== undefined) yield [service, address, port.port];
      }
    }
  }
}
