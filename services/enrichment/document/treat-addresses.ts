import type { Address, AddressBook } from '../locate/address.ts';
import type { AddressTreatment } from '../locate/address-treatment.ts';
import type { EcsEnd } from './ecs-flow.ts';
import type { FlowWork } from './flow-work.ts';

/** Groups of fields of other senders that repeat an end. */
const REPEATED = ['client', 'server'] as const;

/**
 * Replaces the public addresses that are not the cluster's, wherever a document has them, and every id that is made of
 * them. Documents without such an address stay as they are.
 */
export function treatAddresses(work: FlowWork, treatment: AddressTreatment, book: AddressBook): void {
  const { event } = work;
  const treated = new Map<string, string | undefined>();
  const treat = (address: Address | undefined, isKnown: boolean): void => {
    if (address?.scope === 'public' && !isKnown) treated.set(address.text, treatment.address(address));
  };
  treat(work.source, work.sourceIdentity !== undefined);
  treat(work.destination, work.destinationIdentity !== undefined);
  treat(work.originalSource, false);
  // What a translated flow was sent to is a service.
  treat(work.originalDestination, work.translation !== 'none');
  for (const text of [...REPEATED.map((name) => ipOf(event[name])), ...(event.related?.ip ?? [])]) {
    const address = book.read(text);
    if (address === undefined || isNamed(work, address)) continue;
    treat(address, false);
  }
  if (treated.size === 0) return;
  for (const end of ends(work)) {
    const text = end.ip === undefined ? undefined : canonicalText(end.ip, book);
    if (text !== undefined && treated.has(text)) end.ip = treated.get(text);
    // The same in other words.
    if ('address' in end) end.address = end.ip;
    if ('nat' in end) end.nat = undefined;
  }
  const ips = event.related?.ip;
  if (ips !== undefined) {
    const texts = ips.map((ip) => {
      const text = canonicalText(ip, book);
      return treated.has(text) ? treated.get(text) : text;
    });
    event.related!.ip = [...new Set(texts.filter((ip) => ip !== undefined))];
  }
  treatIds(work, treatment);
}

function ipOf(end: unknown): string {
  const ip = (end as EcsEnd | null | undefined)?.ip;
  return typeof ip === 'string' ? ip : '';
}

/** Other senders may write an address in another form. */
function canonicalText(ip: string, book: AddressBook): string {
  return book.read(ip)?.text ?? ip;
}

function isNamed(work: FlowWork, address: Address): boolean {
  return (
    (work.sourceIdentity !== undefined && work.source?.text === address.text) ||
    (work.destinationIdentity !== undefined && work.destination?.text === address.text) ||
    (work.translation !== 'none' && work.originalDestination?.text === address.text)
  );
}

function ends({ event }: FlowWork): readonly EcsEnd[] {
  const original = event.flowtap?.original as { source?: EcsEnd; destination?: EcsEnd } | undefined;
  const others = REPEATED.map((name) => event[name]);
  return [event.source, event.destination, original?.source, original?.destination, ...others].filter(
    (end): end is EcsEnd => typeof end === 'object' && end !== null,
  );
}

function treatIds({ event }: FlowWork, treatment: AddressTreatment): void {
  const { network, flow } = event;
  if (network?.community_id !== undefined) {
    network.community_id = treatment.communityId(network.community_id);
  }
  const original = event.flowtap?.original as { community_id?: string } | undefined;
  if (original?.community_id !== undefined) {
    original.community_id = treatment.communityId(original.community_id);
  }
  if (typeof event.event?.id === 'string') event.event.id = treatment.recordId(event.event.id);
  if (typeof flow?.id === 'string') flow.id = treatment.recordId(flow.id);
  // The event as its sender had it, in one text.
  if (event.event?.original !== undefined) event.event.original = undefined;
}
