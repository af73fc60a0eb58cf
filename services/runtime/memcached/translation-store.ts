import type { NatTranslation } from '../../core/nat-translation.ts';
import { decodeNatTranslation, encodeNatTranslation, natTranslationKey } from '../../core/nat-translation.ts';
import { FlowtapError } from '../errors.ts';
import type { Cache, CacheRead } from './cache.ts';
import { isCacheKey, NO_ANSWER } from './cache.ts';

/** A translation to keep under the Community ID of its observed tuple. */
export interface KeptTranslation {
  readonly id: string;
  readonly translation: NatTranslation;
  readonly ttlSeconds: number;
}

/**
 * The translations in a cache, as the resolver writes them. A key whose server does not answer, and an id that is none
 * (senders may write anything), are as ones that are not there; only where no server answers at all calls reject, with CACHE_UNAVAILABLE.
 */
export class CachedTranslationStore {
  readonly #cache: Cache;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** In the order of the ids; undefined where there is none. */
  async getMany(ids: readonly string[]): Promise<readonly (NatTranslation | undefined)[]> {
    const keys = ids.map(natTranslationKey);
    const isKey = keys.map(isCacheKey);
    const texts = await this.#cache.getMany(keys.filter((_key, index) => isKey[index]));
    requireAnswer(texts);
    let next = 0;
    return isKey.map((wasAsked) => (wasAsked ? decode(texts[next++]) : undefined));
  }

  /**
   * Keeps what was inferred, where the key is free or holds what was inferred before: what the kernel said stays. (Should
   * the resolver write between the two looks, its word is lost until it refreshes the connection.)
   */
  async add(entries: readonly KeptTranslation[]): Promise<void> {
    const encoded = entries
      .map(({ id, translation, ttlSeconds }) => ({
        key: natTranslationKey(id),
        value: encodeNatTranslation(translation),
        ttlSeconds,
      }))
      .filter(({ key }) => isCacheKey(key));
    const added = await this.#cache.addMany(encoded);
    requireAnswer(added);
    const taken = encoded.filter((_entry, index) => added[index] === false);
    if (taken.length === 0) return;
    const there = await this.#cache.getMany(taken.map(({ key }) => key));
    const replaceable = taken.filter((_entry, index) => mayReplace(there[index]));
    if (replaceable.length > 0) await this.#cache.setMany(replaceable);
  }
}

function decode(text: CacheRead): NatTranslation | undefined {
  return typeof text === 'string' ? decodeNatTranslation(text) : undefined;
}

function mayReplace(text: CacheRead): boolean {
  return text !== NO_ANSWER && decode(text)?.evidence !== 'conntrack';
}

function requireAnswer(answers: readonly unknown[]): void {
  if (answers.length === 0 || answers.some((answer) => answer !== NO_ANSWER)) return;
  throw new FlowtapError('CACHE_UNAVAILABLE', 'cache', 'No memcached server answered; see --memcached.');
}
