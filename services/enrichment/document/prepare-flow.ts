import { communityId } from '../../core/community-id.ts';
import { ICMP, ICMPV6, transportName } from '../../core/protocol.ts';
import type { Address, AddressBook } from '../locate/address.ts';
import type { EcsEnd, EcsFlow, FlowtapFields } from './ecs-flow.ts';
import type { FlowWork } from './flow-work.ts';
import { parseInstant } from './instant.ts';

const NUMBERS = new Map(Array.from({ length: 256 }, (_, number) => [transportName(number), number]));

/** Fields of `flowtap` that only enrichment may set. */
const OWN_FIELDS = ['original', 'nat', 'loss', 'source', 'destination', 'reporter', 'enrichment'] as const;

/**
 * Brings an event into the shape that the rest of enrichment relies on: addresses in their canonical text, every group of
 * fields an object, and what Kibana asks for where a sender that is no probe of ours has left it out.
 */
export function prepareFlow(
  event: EcsFlow,
  id: string,
  book: AddressBook,
  seed: number,
  nowMs: number,
): FlowWork {
  const source = canonical(event.source, book);
  const destination = canonical(event.destination, book);
  event.event = asObject(event.event);
  event.network = asObject(event.network);
  event.flowtap = withoutOwnFields(asObject(event.flowtap));
  event.related = asObject(event.related);
  const protocol = protocolOf(event);
  if (event.network.community_id === undefined) {
    event.network.community_id = communityIdOf(event, protocol, source, destination, seed);
  }
  let endMs = timeOf(event.event.end);
  if (endMs === undefined) endMs = timeOf(event['@timestamp']) ?? nowMs;
  return {
    event,
    id,
    protocol,
    startMs: Math.min(timeOf(event.event.start) ?? endMs, endMs),
    endMs,
    source,
    destination,
    originalSource: undefined,
    originalDestination: undefined,
    translation: 'none',
    sourceIdentity: undefined,
    destinationIdentity: undefined,
    observation: undefined,
    loss: undefined,
  };
}

/** What a probe of ours always writes, for events of others. */
export function addDefaults(event: EcsFlow, source: Address | undefined): void {
  const { source: from, destination: to } = event;
  const network = event.network!;
  from.bytes ??= 0;
  to.bytes ??= 0;
  network.bytes ??= from.bytes + to.bytes;
  if (from.packets !== undefined && to.packets !== undefined) network.packets ??= from.packets + to.packets;
  network.type ??= source === undefined || source.bytes.length === 4 ? 'ipv4' : 'ipv6';
  network.direction ??= 'unknown';
  event.type ??= 'flow';
  event.ecs ??= { version: '9.3.0' };
  const kind = event.event!;
  kind.kind ??= 'event';
  kind.category ??= ['network'];
  kind.action ??= 'network_flow';
  kind.type ??= ['connection', 'info'];
  kind.dataset ??= 'flowtap.flow';
  kind.module ??= 'flowtap';
}

function canonical(end: EcsEnd, book: AddressBook): Address | undefined {
  const address = typeof end.ip === 'string' ? book.read(end.ip) : undefined;
  if (address !== undefined) end.ip = address.text;
  return address;
}

function asObject<T extends object>(value: T | undefined): T {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : ({} as T);
}

function withoutOwnFields(flowtap: FlowtapFields): FlowtapFields {
  for (const field of OWN_FIELDS) if (flowtap[field] !== undefined) flowtap[field] = undefined;
  return flowtap;
}

function timeOf(text: string | undefined): number | undefined {
  if (typeof text !== 'string') return undefined;
  const ms = parseInstant(text);
  // Beyond these a time is none that a database knows.
  return ms >= 0 && ms < 253_402_300_800_000 ? ms : undefined;
}

function protocolOf({ network }: EcsFlow): number | undefined {
  const number = network?.iana_number;
  if (number !== undefined) {
    const value = Number(number);
    return Number.isInteger(value) && value >= 0 && value < 256 ? value : undefined;
  }
  const protocol = NUMBERS.get(String(network?.transport).toLowerCase());
  if (protocol !== undefined) network!.iana_number = String(protocol);
  return protocol;
}

/** Of senders that do not write one. ICMP without its type has none that others would agree with. */
function communityIdOf(
  event: EcsFlow,
  protocol: number | undefined,
  source: Address | undefined,
  destination: Address | undefined,
  seed: number,
): string | undefined {
  if (source === undefined || destination === undefined || protocol === undefined) return undefined;
  if (source.bytes.length !== destination.bytes.length) return undefined;
  if (protocol === ICMP || protocol === ICMPV6) return undefined;
  const ports =
    isPort(event.source.port) && isPort(event.destination.port)
      ? { sourcePort: event.source.port, destinationPort: event.destination.port }
      : {};
  return communityId(
    { protocol, sourceAddress: source.bytes, destinationAddress: destination.bytes, ...ports },
    seed,
  );
}

function isPort(port: number | undefined): port is number {
  return Number.isInteger(port) && port! >= 0 && port! < 65_536;
}
