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

  /** One round trip for what is new; a second one for the pod's services, every few seconds. */
  async infer(works: readonly FlowWork[], pod: SenderPod, ips: ReadonlySet<string>): Promise<void> {
    const { clock, book, seed, store, storeGuard } = this.#options;
    const nowMs = clock.now();
    const served = works.filter((work) => this.#isNews(work, ips, nowMs));
    if (served.length === 0) return;
    const services = await this.#servicesOf(pod, served[0].destination!.text, nowMs);
    if (services.length === 0) return;
    const entries: TranslationEntry[] = [];
    for (const work of served) {
      const inferred = inferTranslations(work, services, book, seed, nowMs);
      if (inferred.length > 0) this.#counters.flows++;
      entries.push(...inferred);
    }
    if (entries.length === 0) return;
    const isWritten = await storeGuard.call(() => store.add(entries).then(() => true));
    if (isWritten !== true) return;
    this.#counters.entries += entries.length;
    for (const { event } of served) this.#written.set(event.flow?.id ?? '', nowMs + AGAIN_MS);
  }

  #isNews({ event, source, destination }: FlowWork, ips: ReadonlySet<string>, nowMs: number): boolean {
    if (event.network?.direction !== 'ingress' || source === undefined || destination === undefined)
      return false;
    if (ips.size > 0 && !ips.has(destination.text)) return false;
    const id = event.flow?.id;
    return id === undefined || (this.#written.get(id) ?? 0) <= nowMs;
  }

  /** What the state store says now, where it means the same pod: who sent the record is known without it. */
  async #servicesOf(pod: SenderPod, ip: string, nowMs: number): Promise<readonly PodService[]> {
    const known = this.#services.get(pod.uid);
    if (known !== undefined && nowMs < known.untilMs) return known.services;
    const { names, namesGuard } = this.#options;
    const found = await namesGuard.call(() => names.identify([{ ip, atMs: nowMs }]));
    if (found === undefined) return known?.services ?? [];
    const services = found[0]?.identity.pods.find(({ uid }) => uid === pod.uid)?.services ?? [];
    this.#services.set(pod.uid, { services, untilMs: nowMs + SERVICES_MS });
    return services;
  }
}
