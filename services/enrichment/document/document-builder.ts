import type { TranslatedService } from '../../core/nat-translation.ts';
import type {
  DescribedIdentity,
  DescribedService,
  IdentityDescriber,
} from '../identify/described-identity.ts';
import { lastKnown } from '../identify/last-known.ts';
import type { Address, AddressBook } from '../locate/address.ts';
import type { AddressTreatment } from '../locate/address-treatment.ts';
import type { Locator } from '../locate/locator.ts';
import type { BatchContext } from './batch-context.ts';
import type { EcsFlow } from './ecs-flow.ts';
import type { EnrichedDocument } from './enriched-document.ts';
import type { FlowEnd, NamedBy } from './flow-end.ts';
import { namedBy, serviceOf } from './flow-end.ts';
import { flowMessage } from './flow-message.ts';
import type { FlowWork } from './flow-work.ts';
import type { OwnEnd } from './observed-end.ts';
import { observedEnds } from './observed-end.ts';
import { PASSED } from './passed-text.ts';
import { addDefaults } from './prepare-flow.ts';
import { isRecord } from './reporter.ts';
import { treatAddresses } from './treat-addresses.ts';
import { writeDocument } from './write-document.ts';

export interface DocumentBuilderOptions {
  readonly book: AddressBook;
  readonly locator: Locator;
  readonly describer: IdentityDescriber;
  readonly treatment: AddressTreatment | undefined;
}

/** How many ends were named how, and how many documents went where. */
export interface DocumentCounters {
  readonly ends: Readonly<Record<NamedBy, number>>;
  readonly records: number;
  readonly peers: number;
  /** Flows to the address of a service whose pod was not found out. */
  readonly untranslated: number;
  /** Ends at an address that the sender says is its pod's, and the state store that it is another's. */
  readonly disputed: number;
  /** Documents that lack something because a port did not answer. */
  readonly degraded: number;
}

/** One object for each, since they are in every document. */
const NAMED_BY: Readonly<Record<NamedBy, { readonly named_by: NamedBy }>> = {
  self: { named_by: 'self' },
  interval: { named_by: 'interval' },
  service: { named_by: 'service' },
  node: { named_by: 'node' },
  external: { named_by: 'external' },
  unknown: { named_by: 'unknown' },
};

/** Makes the document of a flow whose ends are known as far as they will be. */
export class DocumentBuilder {
  readonly #options: DocumentBuilderOptions;
  readonly #ends = { self: 0, interval: 0, service: 0, node: 0, external: 0, unknown: 0 };
  readonly #counters = { records: 0, peers: 0, untranslated: 0, disputed: 0, degraded: 0 };

  constructor(options: DocumentBuilderOptions) {
    this.#options = options;
  }

  get counters(): DocumentCounters {
    return { ends: this.#ends, ...this.#counters };
  }

  build(work: FlowWork, context: BatchContext): EnrichedDocument {
    const { event, protocol } = work;
    const { book, locator, treatment } = this.#options;
    const observed = observedEnds(work, context.sender, context.addresses);
    work.sourceIdentity = this.#believed(work.source, work.sourceIdentity, observed.source, context);
    work.destinationIdentity = this.#believed(
      work.destination,
      work.destinationIdentity,
      observed.destination,
      context,
    );
    const nat = event.flowtap?.nat as { readonly service?: TranslatedService } | undefined;
    const source = this.#end(work.sourceIdentity, work.source, observed.source, context, undefined);
    const called = serviceOf(work.destinationIdentity, nat?.service, event.destination.port, protocol);
    const destination = this.#end(
      work.destinationIdentity,
      work.destination,
      observed.destination,
      context,
      called ?? (nat?.service && this.#options.describer.named(nat.service.namespace, nat.service.name)),
    );
    if (destination.namedBy === 'service') this.#counters.untranslated++;
    const counts = isRecord(
      observed.from,
      this.#isMonitored(work.sourceIdentity, work.source, observed.source, context),
      this.#isMonitored(work.destinationIdentity, work.destination, observed.destination, context),
    );
    if (counts) this.#counters.records++;
    else this.#counters.peers++;

    if (event[PASSED] === undefined) addDefaults(event, work.source);
    this.#addFields(work, source, destination, context);
    const sourceGeo = work.source === undefined ? '' : locator.locate(work.source);
    const destinationGeo = work.destination === undefined ? '' : locator.locate(work.destination);
    if (treatment !== undefined) treatAddresses(work, treatment, book);
    event.message = flowMessage(event, source, destination);
    const common = counts ? context.recordMembers : context.peerMembers;
    if (context.isOwnProbe) leaveToCommon(event);
    event.data_stream = undefined;
    event.orchestrator = undefined;
    const body = writeDocument(event, source, sourceGeo, destination, destinationGeo, common);
    return { stream: counts ? context.recordStream : context.peerStream, id: work.id, body };
  }

  #end(
    identity: DescribedIdentity | undefined,
    address: Address | undefined,
    own: OwnEnd,
    context: BatchContext,
    service: DescribedService | undefined,
  ): FlowEnd {
    const how = namedBy(identity, address, own, context.isNamed);
    this.#ends[how]++;
    return { namedBy: how, identity, service: service ?? identity?.services[0] };
  }

  /** Who the end is: the state store's word, the sender's own pod where that is proven, or nobody where the two differ. */
  #believed(
    address: Address | undefined,
    identity: DescribedIdentity | undefined,
    own: OwnEnd,
    { self, sender, addresses }: BatchContext,
  ): DescribedIdentity | undefined {
    const uid = sender.pod?.uid ?? '';
    if (identity === undefined) {
      if (own !== 'self') return undefined;
      const known = lastKnown(address);
      return known?.podUids.includes(uid) ? known : self;
    }
    if (identity.kind === 'node' || identity.podUids.includes(uid)) return identity;
    if (address !== undefined && addresses.claimed.has(address.text)) this.#counters.disputed++;
    return own === 'disputed' ? undefined : identity;
  }

  #isMonitored(
    identity: DescribedIdentity | undefined,
    address: Address | undefined,
    own: OwnEnd,
    { isNamed }: BatchContext,
  ): boolean {
    if (identity?.kind === 'node') return false;
    if (own !== 'other') return true;
    if (identity !== undefined) return identity.isMonitored;
    // It names nobody; it only keeps a conversation from counting twice while the state store is away.
    return !isNamed && lastKnown(address)?.isMonitored === true;
  }

  #addFields(work: FlowWork, source: FlowEnd, destination: FlowEnd, context: BatchContext): void {
    const { event } = work;
    const flowtap = event.flowtap!;
    flowtap.source = NAMED_BY[source.namedBy];
    flowtap.destination = NAMED_BY[destination.namedBy];
    if (work.loss !== undefined) flowtap.loss = work.loss;
    if (context.degraded !== undefined) {
      flowtap.enrichment = context.degraded;
      this.#counters.degraded++;
    }
    const times = event.event!;
    times.created ??= context.createdAt;
    times.ingested = context.ingestedAt;
    addDomain(event.source, source);
    addDomain(event.destination, destination);
    addRelated(work, source, destination);
  }
}

function addDomain(end: EcsFlow['source'], { identity, service }: FlowEnd): void {
  const domain = service?.domain ?? identity?.domain;
  if (domain !== undefined && domain !== '') end.domain = domain;
}

function addRelated(work: FlowWork, source: FlowEnd, destination: FlowEnd): void {
  const related = work.event.related!;
  const ips = Array.isArray(related.ip) ? related.ip : [];
  addNew(ips, work.source?.text);
  addNew(ips, work.destination?.text);
  addNew(ips, work.originalSource?.text);
  addNew(ips, work.originalDestination?.text);
  related.ip = ips;
  const hosts = Array.isArray(related.hosts) ? related.hosts : [];
  for (const host of source.identity?.hosts ?? []) addNew(hosts, host);
  for (const host of destination.identity?.hosts ?? []) addNew(hosts, host);
  if (hosts.length > 0) related.hosts = hosts;
}

function addNew(list: string[], text: string | undefined): void {
  if (text !== undefined && !list.includes(text)) list.push(text);
}

/** What a probe says of itself is said of the whole batch. */
function leaveToCommon(event: EcsFlow): void {
  event.host = undefined;
  event.observer = undefined;
  const passed = event[PASSED];
  if (passed !== undefined) passed.origin = passed.agent;
}
