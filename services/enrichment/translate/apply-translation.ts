import type { Endpoint } from '../../core/endpoint.ts';
import type { NatTranslation } from '../../core/nat-translation.ts';
import type { EcsEnd } from '../document/ecs-flow.ts';
import type { FlowWork } from '../document/flow-work.ts';
import type { Address, AddressBook } from '../locate/address.ts';
import { turnRound } from './turn-round.ts';

/** Evidence that is no guess, so it stays where the translation agrees with it. */
const CERTAIN = new Set(['syn', 'icmp_type']);

/**
 * Puts the real ends in place of the observed ones, and the observed ones below `flowtap.original`. The translation
 * knows who opened the connection: an event that has it the other way round is turned.
 *
 * @returns false where the event's ends are not those that were translated: it stays as it is then
 */
export function applyTranslation(work: FlowWork, translation: NatTranslation, book: AddressBook): boolean {
  const { event } = work;
  const { observed, service, evidence } = translation;
  const source = addressOf(translation.source, work, book);
  const destination = addressOf(translation.destination, work, book);
  if (source === undefined || destination === undefined || event.network === undefined) return false;
  const straight = isEnd(event.source, observed.source) && isEnd(event.destination, observed.destination);
  const turned = isEnd(event.source, observed.destination) && isEnd(event.destination, observed.source);
  if (!straight && !turned) return false;
  event.flowtap ??= {};
  if (!straight) {
    turnRound(event);
    [work.source, work.destination] = [work.destination, work.source];
  }
  if (!straight || !CERTAIN.has(event.flowtap.initiator?.evidence ?? '')) {
    event.flowtap.initiator = { evidence };
  }
  const communityId = event.network.community_id;
  const original = {
    source: rewrite(event.source, translation.source, source.text),
    destination: rewrite(event.destination, translation.destination, destination.text),
    community_id: communityId === translation.communityId ? undefined : communityId,
  };
  if (original.source?.ip !== undefined) work.originalSource = work.source;
  if (original.destination?.ip !== undefined) work.originalDestination = work.destination;
  work.source = source;
  work.destination = destination;
  work.translation = evidence;
  event.network.community_id = translation.communityId;
  event.flowtap.original = original;
  event.flowtap.nat = service === undefined ? { evidence } : { evidence, service };
  return true;
}

/** Mostly one of the two is still the same. */
function addressOf(
  { ip }: Endpoint,
  { source, destination }: FlowWork,
  book: AddressBook,
): Address | undefined {
  if (ip === source?.text) return source;
  return ip === destination?.text ? destination : book.read(ip);
}

/** Ports are compared where both have one: an ICMP flow has none, whatever the kernel keeps in its place. */
function isEnd(end: EcsEnd, endpoint: Endpoint): boolean {
  return end.ip === endpoint.ip && (end.port === undefined || end.port === endpoint.port);
}

/** What was there, as far as it differs from what is there now. */
function rewrite(end: EcsEnd, real: Endpoint, ip: string): { ip?: string; port?: number } | undefined {
  const original: { ip?: string; port?: number } = {};
  if (end.ip !== undefined && end.ip !== ip) {
    original.ip = end.ip;
    end.ip = ip;
  }
  if (end.port !== undefined && end.port !== real.port) {
    original.port = end.port;
    end.port = real.port;
  }
  return original.ip === undefined && original.port === undefined ? undefined : original;
}
