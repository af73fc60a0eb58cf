import { FlowtapError } from '../../runtime/errors.ts';
import type { Cache, CacheEntry } from '../../runtime/memcached/cache.ts';
import { NO_ANSWER } from '../../runtime/memcached/cache.ts';
import type {
  DirectionState,
  LossExchange,
  LossObservation,
  ObservationKey,
  PublishedObservation,
} from './loss-exchange.ts';

/** Both ends' records of a window come within seconds. What is kept longer takes the room of translations. */
const TTL_SECONDS = 30;

/** Keys asked at once, so that a large batch is not more than the cache lets wait. */
const MOST_KEYS = 4096;

/** What memcached takes for a key; text of a sender may be anything. */
const KEY = /^[\x21-\x7e]{1,250}$/;

/** In place of an observation: two records of one end, of which neither can be told to be it. */
const SEVERAL = '[]';

/**
 * The exchange of all enrichments that share a cache. Of keys whose server does not answer nothing is known; only where
 * no server answers at all calls reject, with CACHE_UNAVAILABLE.
 */
export class CachedLossExchange implements LossExchange {
  readonly #cache: Cache;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** One round trip; three for what is there already: a record that came again, or a second one. */
  async publish(observations: readonly PublishedObservation[]): Promise<void> {
    const entries: CacheEntry[] = [];
    for (const { observation, ...key } of observations) {
      const name = keyOf(key);
      if (KEY.test(name)) entries.push({ key: name, value: encode(observation), ttlSeconds: TTL_SECONDS });
    }
    for (const part of partsOf(entries)) await this.#publishPart(part);
  }

  async find(keys: readonly ObservationKey[]): Promise<readonly (LossObservation | undefined)[]> {
    const found: (LossObservation | undefined)[] = [];
    for (const part of partsOf(keys.map(keyOf))) {
      const isKey = part.map((name) => KEY.test(name));
      const values = await this.#cache.getMany(part.filter((_name, index) => isKey[index]));
      requireAnswer(values);
      let next = 0;
      for (const wasAsked of isKey) {
        const value = wasAsked ? values[next++] : undefined;
        found.push(typeof value === 'string' ? decode(value) : undefined);
      }
    }
    return found;
  }

  async #publishPart(entries: readonly CacheEntry[]): Promise<void> {
    const added = await this.#cache.addMany(entries);
    requireAnswer(added);
    const taken = entries.filter((_entry, index) => added[index] === false);
    if (taken.length === 0) return;
    const there = await this.#cache.getMany(taken.map(({ key }) => key));
    const doubled = taken.filter(({ value }, index) => {
      const other = there[index];
      return typeof other === 'string' && other !== SEVERAL && recordOf(other) !== recordOf(value);
    });
    if (doubled.length > 0) await this.#cache.setMany(doubled.map((entry) => ({ ...entry, value: SEVERAL })));
  }
}

function keyOf({ communityId, window, from }: ObservationKey): string {
  return `flowtap:loss:${from === 'source' ? 's' : 'd'}:${window}:${communityId}`;
}

function partsOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const parts: (readonly Item[])[] = [];
  for (let at = 0; at < items.length; at += MOST_KEYS) parts.push(items.slice(at, at + MOST_KEYS));
  return parts;
}

function requireAnswer(answers: readonly unknown[]): void {
  if (answers.length === 0 || answers.some((answer) => answer !== NO_ANSWER)) return;
  throw new FlowtapError('CACHE_UNAVAILABLE', 'cache', 'No memcached server answered; see --memcached.');
}

/** `["record", probe missed packets, source, destination]`, a direction as its numbers or 0. */
function encode({ eventId, isLossy, source, destination }: LossObservation): string {
  return JSON.stringify([eventId, isLossy ? 1 : 0, numbersOf(source), numbersOf(destination)]);
}

function numbersOf(state: DirectionState | undefined): readonly number[] | 0 {
  if (state === undefined) return 0;
  const { initial, repeatedBytes, missingChange, missingBytes, skippedBytes, reorderedBytes } = state;
  return [initial, repeatedBytes, missingChange, missingBytes, skippedBytes, reorderedBytes];
}

/** Undefined for two records, and for what is no observation. */
function decode(text: string): LossObservation | undefined {
  const [eventId, lossy, source, destination] = parts(text);
  if (typeof eventId !== 'string') return undefined;
  return { eventId, isLossy: lossy === 1, source: stateOf(source), destination: stateOf(destination) };
}

function recordOf(text: string): unknown {
  return parts(text)[0];
}

function parts(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function stateOf(numbers: unknown): DirectionState | undefined {
  if (!Array.isArray(numbers) || numbers.length !== 6 || !numbers.every(Number.isFinite)) return undefined;
  const [initial, repeatedBytes, missingChange, missingBytes, skippedBytes, reorderedBytes] = numbers;
  return { initial, repeatedBytes, missingChange, missingBytes, skippedBytes, reorderedBytes };
}
