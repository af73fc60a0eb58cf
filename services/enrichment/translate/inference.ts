import type { PodService } from '../../core/kubernetes-identity.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { FlowWork } from '../document/flow-work.ts';
import type { SenderPod } from '../document/sender.ts';
import type { NameSource } from '../identify/name-source.ts';
import type { AddressBook } from '../locate/address.ts';
import type { PortGuard } from '../port-guard.ts';
import { RecentMap } from '../recent-map.ts';
import { inferTranslations } from './infer-translations.ts';
import type { TranslationEntry, TranslationStore } from './translation-store.ts';

export interface InferenceOptions {
  readonly names: NameSource;
  readonly namesGuard: PortGuard;
  readonly store: TranslationStore;
  readonly storeGuard: PortGuard;
  readonly book: AddressBook;
  readonly clock: Clock;
  readonly seed: number;
  readonly rememberedFlows: number;
}

export interface InferenceCounters {
  /** Servers' flows that something was inferred from. */
  readonly flows: number;
  /** Translations that were written. */
  readonly entries: number;
}

/** How long the services of a pod are taken for granted. */
const SERVICES_MS = 5000;

/** Addresses of one pod that are asked for at once. */
const MOST_ADDRESSES = 16;

/** When a living connection's translations are written again, well before they expire. */
const AGAIN_MS = 600_000;

/** Writes translations that follow from servers' own records, where no resolver reads them from the kernel. */
export class Inference {
  readonly #options: InferenceOptions;
  readonly #services = new RecentMap<{ readonly services: readonly PodService[]; readonly untilMs: number }>(
    20_000,
  );
  /** Flows whose translations were written, and when that is to be done again. */
  readonly #written: RecentMap<number>;
  readonly #counters = { flows: 0, entries: 0 };

  constructor(options: InferenceOptions) {
    this.#options = options;
    this.#written = new RecentMap(options.rememberedFlows);
  }

  get counters(): InferenceCounters {
    return this.#counters;
  }

  /**
   * One round trip for what is new; a second one for the pod's services, every few seconds. False where a store did not
   * answer, or does not know the pod yet: it may be tried again.
   */
  async infer(works: readonly FlowWork[], pod: SenderPod): Promise<boolean> {
    const { clock, book, seed, store, storeGuard } = this.#options;
    const nowMs = clock.now();
    const served = works.filter((work) => this.#isNews(work, nowMs));
    if (served.length === 0) return true;
    const services = await this.#servicesOf(pod, new Set(served.map(addressed)), nowMs);
    const entries: TranslationEntry[] = [];
    const written: FlowWork[] = [];
    for (const work of served) {
      const inferred = inferTranslations(work, services.get(addressed(work)) ?? [], book, seed, nowMs);
      if (inferred.length === 0) continue;
      this.#counters.flows++;
      written.push(work);
      entries.push(...inferred);
    }
    const isKnown = served.every((work) => services.has(addressed(work)));
    if (entries.length === 0) return isKnown;
    const isWritten = await storeGuard.call(() => store.add(entries).then(() => true));
    if (isWritten !== true) return false;
    this.#counters.entries += entries.length;
    for (const { event } of written) this.#written.set(event.flow?.id ?? '', nowMs + AGAIN_MS);
    return isKnown;
  }

  #isNews({ event, source, destination }: FlowWork, nowMs: number): boolean {
    if (event.network?.direction !== 'ingress' || source === undefined || destination === undefined)
      return false;
    const id = event.flow?.id;
    return id === undefined || (this.#written.get(id) ?? 0) <= nowMs;
  }

  /**
   * The services of the sender's pod, by its addresses, as the state store has them now. Of an address that it does not
   * take for that pod's nothing follows, whoever says that it is.
   */
  async #servicesOf(
    pod: SenderPod,
    ips: ReadonlySet<string>,
    nowMs: number,
  ): Promise<ReadonlyMap<string, readonly PodService[]>> {
    const services = new Map<string, readonly PodService[]>();
    const asked: string[] = [];
    for (const ip of ips) {
      const known = this.#services.get(`${pod.uid} ${ip}`);
      if (known !== undefined) services.set(ip, known.services);
      if ((known === undefined || known.untilMs <= nowMs) && asked.length < MOST_ADDRESSES) asked.push(ip);
    }
    if (asked.length === 0) return services;
    const { names, namesGuard } = this.#options;
    const found = await namesGuard.call(() => names.identify(asked.map((ip) => ({ ip, atMs: nowMs }))));
    for (const [index, ip] of found === undefined ? [] : asked.entries()) {
      const answer = found![index];
      const isKnown = answer !== undefined && answer !== 'contested' && 'identity' in answer;
      const pods = isKnown ? answer.identity.pods : [];
      const own = pods.find(({ uid }) => uid === pod.uid);
      if (own === undefined) {
        // Perhaps not yet, so that this is not remembered.
        services.delete(ip);
        this.#services.delete(`${pod.uid} ${ip}`);
        continue;
      }
      services.set(ip, own.services);
      this.#services.set(`${pod.uid} ${ip}`, { services: own.services, untilMs: nowMs + SERVICES_MS });
    }
    return services;
  }
}

function addressed({ destination }: FlowWork): string {
  return destination!.text;
}
