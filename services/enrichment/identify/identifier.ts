import type { Clock } from '../../runtime/clock.ts';
import type { Address, AddressBook } from '../locate/address.ts';
import type { PortGuard } from '../port-guard.ts';
import { BatchAddress } from './batch-address.ts';
import type { DescribedIdentity, IdentityDescriber } from './described-identity.ts';
import type { RememberedIdentities, Span } from './identity-spans.ts';
import { mergeSpans } from './identity-spans.ts';
import type { NameQuery, NameSource } from './name-source.ts';

export interface IdentifierOptions {
  readonly source: NameSource;
  readonly guard: PortGuard;
  readonly describer: IdentityDescriber;
  /** What is known of an address is remembered with it. */
  readonly book: AddressBook;
  readonly clock: Clock;
  /**
   * How late the state store may learn who has an address. What it says now about an earlier time than this is settled,
   * what it says about a later time is not believed.
   */
  readonly settleMs: number;
}

export interface IdentifierCounters {
  /** Addresses that a batch asked for, each once a batch. */
  readonly addresses: number;
  /** Among them those for which nobody had to be asked. */
  readonly remembered: number;
  readonly queries: number;
  /** Ends without a name because their address changed hands during the record. */
  readonly changedHands: number;
}

/** A flow whose ends are to be named, and the time of its first and last packet. */
export interface IdentifiedFlow {
  readonly source: Address | undefined;
  readonly destination: Address | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** Who had the address over the whole record; undefined where it is not known, or not the same. */
  sourceIdentity: DescribedIdentity | undefined;
  destinationIdentity: DescribedIdentity | undefined;
}

/** How long it is believed that nobody has a public address. */
const MISS_MS = 1000;

/** Exact times that one batch may ask for in a second round trip. */
const MOST_SECOND_QUERIES = 1000;

/** Finds out who had an address when packets flowed. docs/adr/0012 tells when an answer is believed. */
export class Identifier {
  readonly #options: IdentifierOptions;
  readonly #counters = { addresses: 0, remembered: 0, queries: 0, changedHands: 0 };
  /** Notifications so far, and the latest one that was about all addresses. */
  #changes = 0;
  #allChangedAt = 0;

  constructor(options: IdentifierOptions) {
    this.#options = options;
  }

  get counters(): IdentifierCounters {
    return this.#counters;
  }

  /** The payload of a notification: addresses with commas between them, or `*`. They are asked for again. */
  forget(payload: string): void {
    this.#changes++;
    if (payload.trim() === '*') {
      this.#allChangedAt = this.#changes;
      return;
    }
    for (const ip of payload.split(',')) {
      const address = this.#options.book.peek(ip.trim());
      if (address !== undefined) address.changedAt = this.#changes;
    }
  }

  /**
   * Names the ends of the flows: one round trip for what is not remembered, another one where an address changed hands in
   * the batch's time. False when the state store did not answer, so that an unknown address may be one that is known.
   */
  async identify(flows: readonly IdentifiedFlow[]): Promise<boolean> {
    const nowMs = this.#options.clock.now();
    const latestMs = nowMs - this.#options.settleMs;
    const batch = new Map<string, BatchAddress>();
    const sources: (BatchAddress | undefined)[] = [];
    const destinations: (BatchAddress | undefined)[] = [];
    for (const { source, destination, startMs, endMs } of flows) {
      const toMs = Math.min(endMs, latestMs);
      const fromMs = Math.min(startMs, toMs);
      sources.push(source && addressOf(batch, source, fromMs, toMs));
      destinations.push(destination && addressOf(batch, destination, fromMs, toMs));
    }
    let isComplete = await this.#ask(this.#unremembered(batch, nowMs), batch, nowMs);
    if (isComplete) isComplete = await this.#askAgain(flows, sources, destinations, batch, nowMs);
    for (let index = 0; index < flows.length; index++) {
      const flow = flows[index];
      const toMs = Math.min(flow.endMs, latestMs);
      const fromMs = Math.min(flow.startMs, toMs);
      flow.sourceIdentity = this.#holder(sources[index], fromMs, toMs);
      flow.destinationIdentity = this.#holder(destinations[index], fromMs, toMs);
    }
    return isComplete;
  }

  #holder(known: BatchAddress | undefined, fromMs: number, toMs: number): DescribedIdentity | undefined {
    const holder = known?.holder(fromMs, toMs);
    if (holder !== 'changed') return holder;
    this.#counters.changedHands++;
    return undefined;
  }

  /** Takes over what is remembered, and gives the questions that it leaves open: the earliest and latest time each. */
  #unremembered(batch: ReadonlyMap<string, BatchAddress>, nowMs: number): readonly NameQuery[] {
    this.#counters.addresses += batch.size;
    const queries: NameQuery[] = [];
    for (const [ip, wanted] of batch) {
      const { fromMs, toMs, address } = wanted;
      const known = this.#remembered(address);
      if (known !== undefined) {
        wanted.spans = known.spans;
        const isAnswered = known.spans.length === 0 ? nowMs < known.missUntilMs : wanted.isSimple;
        if (isAnswered) {
          this.#counters.remembered++;
          continue;
        }
      }
      const open = queries.length;
      if (!wanted.isAnswered(toMs)) queries.push({ ip, atMs: toMs });
      if (fromMs !== toMs && !wanted.isAnswered(fromMs)) queries.push({ ip, atMs: fromMs });
      if (queries.length === open) this.#counters.remembered++;
    }
    return queries;
  }

  /** Unless it has changed since. */
  #remembered({ identities, changedAt }: Address): RememberedIdentities | undefined {
    if (identities === undefined) return undefined;
    return identities.asOf >= changedAt && identities.asOf >= this.#allChangedAt ? identities : undefined;
  }

  async #ask(
    queries: readonly NameQuery[],
    batch: ReadonlyMap<string, BatchAddress>,
    nowMs: number,
  ): Promise<boolean> {
    if (queries.length === 0) return true;
    this.#counters.queries += queries.length;
    const { guard, source, describer, settleMs } = this.#options;
    const asOf = this.#changes;
    const intervals = await guard.call(() => source.identify(queries));
    if (intervals === undefined) return false;
    const found = new Map<BatchAddress, Span[]>();
    for (let index = 0; index < queries.length; index++) {
      const { ip, atMs } = queries[index];
      const wanted = batch.get(ip)!;
      const spans = found.get(wanted) ?? [];
      if (spans.length === 0) found.set(wanted, spans);
      const interval = intervals[index];
      if (interval === undefined) wanted.misses.push(atMs);
      else if (interval === 'contested') wanted.doubt(atMs, undefined);
      else if ('possible' in interval) wanted.doubt(atMs, describer.describe(interval.possible));
      else if (spans.every(({ fromMs }) => fromMs !== interval.validFromMs)) {
        const untilMs = Math.min(interval.validToMs ?? Number.POSITIVE_INFINITY, nowMs - settleMs + 1);
        spans.push({ fromMs: interval.validFromMs, untilMs, value: describer.describe(interval.identity) });
      }
    }
    for (const [{ address }, spans] of found) {
      const known = this.#remembered(address);
      // A private address without a name is likely to get one soon.
      const missUntilMs = spans.length === 0 && address.scope === 'public' ? nowMs + MISS_MS : 0;
      address.identities = { spans: mergeSpans(known?.spans ?? [], spans), missUntilMs, asOf };
    }
    for (const [wanted, spans] of found) wanted.spans = mergeSpans(wanted.spans, spans);
    return true;
  }

  /** For the exact times that are still open, of addresses that had an owner at some time of the batch. */
  async #askAgain(
    flows: readonly IdentifiedFlow[],
    sources: readonly (BatchAddress | undefined)[],
    destinations: readonly (BatchAddress | undefined)[],
    batch: ReadonlyMap<string, BatchAddress>,
    nowMs: number,
  ): Promise<boolean> {
    const open = new Set<BatchAddress>();
    for (const wanted of batch.values()) if (!wanted.isSimple) open.add(wanted);
    if (open.size === 0) return true;
    const latestMs = nowMs - this.#options.settleMs;
    const queries = new Map<string, NameQuery>();
    for (let index = 0; index < flows.length; index++) {
      const { startMs, endMs } = flows[index];
      const toMs = Math.min(endMs, latestMs);
      for (const wanted of [sources[index], destinations[index]]) {
        if (wanted === undefined || !open.has(wanted)) continue;
        for (const atMs of [toMs, Math.min(startMs, toMs)]) {
          if (queries.size === MOST_SECOND_QUERIES || wanted.isAnswered(atMs)) continue;
          const ip = wanted.address.text;
          queries.set(`${ip} ${atMs}`, { ip, atMs });
        }
      }
    }
    return this.#ask([...queries.values()], batch, nowMs);
  }
}

function addressOf(
  batch: Map<string, BatchAddress>,
  address: Address,
  fromMs: number,
  toMs: number,
): BatchAddress {
  let wanted = batch.get(address.text);
  if (wanted === undefined) {
    wanted = new BatchAddress(address, fromMs, toMs);
    batch.set(address.text, wanted);
  } else {
    wanted.widen(fromMs, toMs);
  }
  return wanted;
}
