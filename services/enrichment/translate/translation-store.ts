import type { NatTranslation } from '../../core/nat-translation.ts';

/** Address translations by the Community ID of the tuple that was observed. Either call may throw or hang: callers guard. */
export interface TranslationStore {
  /** In the order of the ids; undefined where there is none. */
  getMany(ids: readonly string[]): Promise<readonly (NatTranslation | undefined)[]>;
  /**
   * For what was inferred: kept where the key is free, or holds what was inferred before (another connection has used the
   * same ports). What the kernel said is never replaced.
   */
  add(entries: readonly TranslationEntry[]): Promise<void>;
}

export interface TranslationEntry {
  /** Community ID of `translation.observed`. */
  readonly id: string;
  readonly translation: NatTranslation;
  readonly ttlSeconds: number;
}
