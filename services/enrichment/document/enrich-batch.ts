import type { Clock } from '../../runtime/clock.ts';
import { IdentityDescriber } from '../identify/described-identity.ts';
import type { IdentifierCounters } from '../identify/identifier.ts';
import { Identifier } from '../identify/identifier.ts';
import { DEFAULT_PROMOTED_LABELS } from '../identify/promoted-labels.ts';
import { AddressBook } from '../locate/address.ts';
import { AddressTreatment } from '../locate/address-treatment.ts';
import { Locator } from '../locate/locator.ts';
import type { PortCounters } from '../port-guard.ts';
import { PortGuard } from '../port-guard.ts';
import type { InferenceCounters } from '../translate/inference.ts';
import { Inference } from '../translate/inference.ts';
import type { TranslatorCounters } from '../translate/translator.ts';
import { Translator } from '../translate/translator.ts';
import type { BatchOrigin } from './batch-context.ts';
import { batchContext } from './batch-context.ts';
import type { DocumentCounters } from './document-builder.ts';
import { DocumentBuilder } from './document-builder.ts';
import { documentId } from './document-id.ts';
import type { EcsFlow } from './ecs-flow.ts';
import type { EnrichedDocument } from './enriched-document.ts';
import type { EnricherOptions, EnrichmentPort } from './enricher-options.ts';
import type { FlowWork } from './flow-work.ts';
import type { LossCounters } from './loss-pairing.ts';
import { LossPairing } from './loss-pairing.ts';
import { MemoryLossExchange } from './memory-loss-exchange.ts';
import { prepareFlow } from './prepare-flow.ts';
import type { Sender } from './sender.ts';
import { senderAddresses } from './sender-addresses.ts';

/** Everything counted since the start. */
export interface EnrichmentCounters {
  readonly documents: DocumentCounters;
  readonly translation: TranslatorCounters;
  readonly inference: InferenceCounters;
  readonly identity: IdentifierCounters;
  /** Addresses of which something is remembered now. */
  readonly rememberedAddresses: number;
  readonly loss: LossCounters;
  readonly ports: Readonly<Record<EnrichmentPort, PortCounters>>;
}

const DEFAULT_SETTLE_MS = 2000;
const DEFAULT_TRANSLATION_WAIT_MS = 2000;
const DEFAULT_PORT_TIMEOUT_MS = 2000;
const DEFAULT_PORT_PAUSE_MS = 1000;
const DEFAULT_REMEMBERED_ADDRESSES = 400_000;
const DEFAULT_REMEMBERED_FLOWS = 200_000;

/** A record that comes so late has waited long enough for its translation. */
const LATE_MS = 30_000;

/**
 * Makes documents of events: translate, identify, locate, document. A batch costs one round trip to each store, whatever
 * its size. Stores that fail leave documents without names, which say so; they never hold a batch up for long.
 */
export class Enricher {
  readonly #clock: Clock;
  readonly #origin: BatchOrigin;
  readonly #seed: number;
  readonly #settleMs: number;
  readonly #translationWaitMs: number;
  readonly #idKey: string | undefined;
  readonly #guards: Readonly<Record<EnrichmentPort, PortGuard>>;
  readonly #book: AddressBook;
  readonly #describer: IdentityDescriber;
  readonly #translator: Translator;
  readonly #inference: Inference;
  readonly #infers: boolean;
  readonly #identifier: Identifier;
  readonly #losses: LossPairing;
  readonly #builder: DocumentBuilder;

  constructor(options: EnricherOptions) {
    const { clock, translations: store, names, publicAddresses } = options;
    const rememberedAddresses = options.rememberedAddresses ?? DEFAULT_REMEMBERED_ADDRESSES;
    const rememberedFlows = options.rememberedFlows ?? DEFAULT_REMEMBERED_FLOWS;
    this.#clock = clock;
    this.#origin = {
      cluster: options.cluster,
      dataStreamNamespace: options.dataStreamNamespace ?? 'default',
    };
    this.#seed = options.communityIdSeed ?? 0;
    this.#settleMs = options.settleMs ?? DEFAULT_SETTLE_MS;
    this.#translationWaitMs = options.translationWaitMs ?? DEFAULT_TRANSLATION_WAIT_MS;
    const guards = {
      names: guard(options, 'names'),
      nat: guard(options, 'nat'),
      loss: guard(options, 'loss'),
    };
    this.#guards = guards;
    const book = new AddressBook(rememberedAddresses, options.internalRanges);
    this.#book = book;
    this.#describer = new IdentityDescriber({
      clusterDomain: options.clusterDomain ?? 'cluster.local',
      promotedLabels: options.promotedLabels ?? DEFAULT_PROMOTED_LABELS,
    });
    this.#translator = new Translator({
      store,
      guard: guards.nat,
      book,
      clock,
      cacheEntries: rememberedFlows,
    });
    this.#infers = options.inferTranslations === true;
    this.#inference = new Inference({
      ...{ names, namesGuard: guards.names, store, storeGuard: guards.nat },
      ...{ book, clock, seed: this.#seed, rememberedFlows },
    });
    this.#identifier = new Identifier({
      source: names,
      guard: guards.names,
      describer: this.#describer,
      book,
      clock,
      settleMs: this.#settleMs,
    });
    const exchange = options.losses ?? new MemoryLossExchange(rememberedFlows);
    this.#losses = new LossPairing(exchange, guards.loss, rememberedFlows);
    const isTreated = publicAddresses !== undefined && publicAddresses.treatment !== 'keep';
    this.#idKey = isTreated ? publicAddresses.key : undefined;
    this.#builder = new DocumentBuilder({
      book,
      locator: new Locator(options.geo, options.site),
      describer: this.#describer,
      treatment: isTreated ? new AddressTreatment(publicAddresses) : undefined,
    });
  }

  get counters(): EnrichmentCounters {
    const { names, nat, loss } = this.#guards;
    return {
      documents: this.#builder.counters,
      translation: this.#translator.counters,
      inference: this.#inference.counters,
      identity: this.#identifier.counters,
      rememberedAddresses: this.#book.size,
      loss: this.#losses.counters,
      ports: { names: names.counters, nat: nat.counters, loss: loss.counters },
    };
  }

  /** A notification of the state store: addresses with commas between them, or `*`. Also `*` after a gap of them. */
  identitiesChanged(payload: string): void {
    this.#identifier.forget(payload);
  }

  /** One document for each event, in their order. Changes the events. */
  async enrich(events: readonly EcsFlow[], sender: Sender): Promise<readonly EnrichedDocument[]> {
    if (events.length === 0) return [];
    const cameMs = this.#clock.now();
    const addresses = senderAddresses(sender, this.#book);
    const works = events.map((event) => {
      const id = documentId(this.#origin.cluster ?? '', sender, event, this.#idKey);
      return prepareFlow(event, id, this.#book, this.#seed, cameMs);
    });
    const missing = new Set<string>();
    const isInferred = await this.#infer(works, sender);
    if (!(await this.#translator.translate(works))) missing.add('nat');
    if (sender.pod !== undefined) await this.#losses.publish(works, sender.lossy);
    await this.#settle(works, cameMs);
    if (!(await this.#identifier.identify(works))) missing.add('names');
    // Who called waits a little for it; a store that did not answer may do so now.
    if (!isInferred) await this.#infer(works, sender);
    if (!missing.has('nat')) await this.#awaitTranslations(works, sender, cameMs, missing);
    await this.#losses.find(works);
    const nowMs = this.#clock.now();
    const context = batchContext(sender, addresses, this.#origin, this.#describer, cameMs, nowMs, [
      ...missing,
    ]);
    return works.map((work) => this.#builder.build(work, context));
  }

  /** False where a store did not answer. */
  async #infer(works: readonly FlowWork[], { pod }: Sender): Promise<boolean> {
    return !this.#infers || pod === undefined || this.#inference.infer(works, pod);
  }

  /** Waits until what the state store says of the latest packet is settled. */
  async #settle(works: readonly FlowWork[], cameMs: number): Promise<void> {
    let latestMs = 0;
    for (const { endMs } of works) if (endMs > latestMs) latestMs = endMs;
    const waitMs = Math.min(latestMs + this.#settleMs - cameMs, this.#settleMs);
    if (waitMs > 0) await this.#clock.sleep(waitMs);
  }

  /**
   * Flows to a service, of which it is not known which pod that is: the resolver, or the server's record, may be a little
   * behind. All of them are looked up again at most twice, together, and wait for it where one was answered: an answer may
   * only be in the next window, but most that was not answered went nowhere.
   */
  async #awaitTranslations(
    works: readonly FlowWork[],
    sender: Sender,
    cameMs: number,
    missing: Set<string>,
  ): Promise<void> {
    const untilMs = cameMs + this.#translationWaitMs;
    for (let turn = 0; turn < 2; turn++) {
      const waiting = works.filter((work) => isUntranslated(work, cameMs));
      const isAnswered = waiting.some(({ event }) => (event.destination.packets ?? 0) > 0);
      if (waiting.length === 0 || (turn > 0 && !isAnswered)) return;
      const waitMs = (untilMs - this.#clock.now()) / (turn === 0 ? 2 : 1);
      if (waitMs <= 0 && turn > 0) return;
      if (waitMs > 0 && isAnswered) await this.#clock.sleep(waitMs);
      if (!(await this.#translator.translate(waiting))) {
        missing.add('nat');
        return;
      }
      const translated = waiting.filter(({ translation }) => translation !== 'none');
      if (translated.length === 0) continue;
      if (sender.pod !== undefined) await this.#losses.publish(translated, sender.lossy);
      if (!(await this.#identifier.identify(translated))) missing.add('names');
    }
  }
}

function isUntranslated({ translation, destinationIdentity, endMs }: FlowWork, cameMs: number): boolean {
  return translation === 'none' && destinationIdentity?.kind === 'service' && cameMs - endMs < LATE_MS;
}

function guard(options: EnricherOptions, port: EnrichmentPort): PortGuard {
  const { clock, onPortFailure } = options;
  return new PortGuard({
    clock,
    timeoutMs: options.portTimeoutMs ?? DEFAULT_PORT_TIMEOUT_MS,
    pauseMs: options.portPauseMs ?? DEFAULT_PORT_PAUSE_MS,
    onFailure: onPortFailure && ((error) => onPortFailure(port, error)),
  });
}
