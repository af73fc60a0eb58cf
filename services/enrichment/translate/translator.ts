import type { NatTranslation } from '../../core/nat-translation.ts';
import { SCTP, TCP } from '../../core/protocol.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { FlowWork } from '../document/flow-work.ts';
import type { AddressBook } from '../locate/address.ts';
import type { PortGuard } from '../port-guard.ts';
import { RecentMap } from '../recent-map.ts';
import { applyTranslation } from './apply-translation.ts';
import type { TranslationStore } from './translation-store.ts';

export interface TranslatorOptions {
  readonly store: TranslationStore;
  readonly guard: PortGuard;
  readonly book: AddressBook;
  readonly clock: Clock;
  /** Flows whose translation is remembered. */
  readonly cacheEntries: number;
}

export interface TranslatorCounters {
  /** Ids asked of the store. */
  readonly lookups: number;
  readonly cacheHits: number;
  /** Flows whose ends were replaced. */
  readonly translated: number;
  /** Among them those that had the wrong end as their source. */
  readonly turned: number;
  /** Translations whose tuple was not the flow's. */
  readonly mismatches: number;
}

/** How long a connection's translation is remembered: it cannot change while the connection lives. */
const REMEMBER_MS = 60_000;

/** Finds the real ends of flows that were seen on one side of an address translation. */
export class Translator {
  readonly #options: TranslatorOptions;
  readonly #known: RecentMap<{ readonly translation: NatTranslation; readonly untilMs: number }>;
  readonly #counters = { lookups: 0, cacheHits: 0, translated: 0, turned: 0, mismatches: 0 };

  constructor(options: TranslatorOptions) {
    this.#options = options;
    this.#known = new RecentMap(options.cacheEntries);
  }

  get counters(): TranslatorCounters {
    return this.#counters;
  }

  /** One round trip for all of them. False when the store did not answer: they are as they were then. */
  async translate(works: readonly FlowWork[]): Promise<boolean> {
    const ids: string[] = [];
    const numbers = new Map<string, number>();
    const asking: FlowWork[] = [];
    const numberOf: number[] = [];
    const nowMs = this.#options.clock.now();
    for (const work of works) {
      const id = work.event.network?.community_id;
      if (id === undefined || work.translation !== 'none') continue;
      const known = this.#remembered(work, nowMs);
      if (known !== undefined) {
        this.#counters.cacheHits++;
        this.#apply(work, known);
        continue;
      }
      let number = numbers.get(id);
      if (number === undefined) {
        number = ids.push(id) - 1;
        numbers.set(id, number);
      }
      asking.push(work);
      numberOf.push(number);
    }
    if (ids.length === 0) return true;
    this.#counters.lookups += ids.length;
    const { guard, store } = this.#options;
    const found = await guard.call(() => store.getMany(ids));
    if (found === undefined) return false;
    for (let index = 0; index < asking.length; index++) {
      const translation = found[numberOf[index]];
      if (translation === undefined) continue;
      this.#remember(asking[index], translation, nowMs);
      this.#apply(asking[index], translation);
    }
    return true;
  }

  #apply(work: FlowWork, translation: NatTranslation): void {
    const { source } = work.event;
    if (!applyTranslation(work, translation, this.#options.book)) {
      this.#counters.mismatches++;
      return;
    }
    this.#counters.translated++;
    if (source !== work.event.source) this.#counters.turned++;
  }

  #remembered(work: FlowWork, nowMs: number): NatTranslation | undefined {
    // Of its first record nothing can be remembered; and most flows have no other.
    if (!isConnection(work) || work.event.event?.type?.includes('start')) return undefined;
    const known = this.#known.get(work.event.flow?.id ?? '');
    return known !== undefined && nowMs < known.untilMs ? known.translation : undefined;
  }

  /**
   * By the flow's id, which another connection that uses the same ports does not have. UDP is asked again each time: the
   * kernel may send the next datagram to another pod.
   */
  #remember(work: FlowWork, translation: NatTranslation, nowMs: number): void {
    const id = work.event.flow?.id;
    if (id === undefined || work.event.flow?.final === true || !isConnection(work)) return;
    this.#known.set(id, { translation, untilMs: nowMs + REMEMBER_MS });
  }
}

function isConnection({ protocol }: FlowWork): boolean {
  return protocol === TCP || protocol === SCTP;
}
