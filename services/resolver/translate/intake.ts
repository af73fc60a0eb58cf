import type { Clock } from '../../runtime/clock.ts';
import type { MetricsOf } from '../../runtime/metrics.ts';
import type { ConntrackEntry } from '../conntrack/conntrack-entry.ts';
import type { RESOLVER_METRICS } from '../resolver-metrics.ts';
import type { KeyedTranslation, ServiceFinder } from './translations-of.ts';
import { translationsOf } from './translations-of.ts';

export interface IntakeOptions {
  readonly clock: Clock;
  readonly metrics: MetricsOf<typeof RESOLVER_METRICS>;
  readonly seed: number;
  readonly servicesOnly: boolean;
  readonly services: ServiceFinder;
  readonly put: (translation: KeyedTranslation, ttlSeconds: number) => void;
}

/** Turns entries of the connection table into translations. While the table is read, what events say is newer. */
export class Intake {
  readonly #options: IntakeOptions;
  /** Ids that events have written since the reading began. */
  readonly #changed = new Set<string>();
  #isReading = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** How many ids are remembered for the reading under way. */
  get changedCount(): number {
    return this.#changed.size;
  }

  beginReading(): void {
    this.#isReading = true;
  }

  endReading(): void {
    this.#isReading = false;
    this.#changed.clear();
  }

  /** Whether the entry is of a translated connection. */
  take(entry: ConntrackEntry, ttlSeconds: number, origin: 'created' | 'destroyed' | 'resync'): boolean {
    if (!entry.isDestinationRewritten && !entry.isSourceRewritten) return false;
    const { clock, metrics, put } = this.#options;
    const translations = translationsOf(entry, { ...this.#options, nowMs: clock.now() });
    for (const keyed of translations) {
      if (origin !== 'resync') {
        if (this.#isReading) this.#changed.add(keyed.id);
      } else if (this.#changed.has(keyed.id)) continue;
      if (keyed.translation.service === undefined) metrics.unnamed.add(1);
      metrics.translations.add(1, { origin });
      put(keyed, ttlSeconds);
    }
    return translations.length > 0;
  }
}
