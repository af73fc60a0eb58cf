import type { NatTranslation } from '../../services/core/nat-translation.ts';
import type {
  TranslationEntry,
  TranslationStore,
} from '../../services/enrichment/translate/translation-store.ts';

/** Translations in a map, that never expire. */
export class MapTranslations implements TranslationStore {
  readonly entries = new Map<string, NatTranslation>();
  /** The ids of each call. */
  readonly asked: (readonly string[])[] = [];
  /** What the calls do in place of answering. */
  trouble: (() => Promise<never>) | undefined;

  getMany(ids: readonly string[]): Promise<readonly (NatTranslation | undefined)[]> {
    this.asked.push(ids);
    return this.trouble?.() ?? Promise.resolve(ids.map((id) => this.entries.get(id)));
  }

  add(entries: readonly TranslationEntry[]): Promise<void> {
    if (this.trouble !== undefined) return this.trouble();
    for (const { id, translation } of entries) {
      if (this.entries.get(id)?.evidence !== 'conntrack') this.entries.set(id, translation);
    }
    return Promise.resolve();
  }
}
