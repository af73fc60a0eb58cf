import { FlowtapError } from '../../runtime/errors.ts';
import type { Cache } from '../../runtime/memcached/cache.ts';
import { NO_ANSWER } from '../../runtime/memcached/cache.ts';
import type { LossExchange, LossObservation, ObservationKey, PublishedObservation } from './loss-exchange.ts';
import type { PublishedRow } from './published-rows.ts';
import { decodeRows, encodeRows, rowOf } from './published-rows.ts';

/** Both ends' records of a window come within seconds. What is kept longer takes the room of translations. */
const TTL_SECONDS = 30;

/** Observations under one key: a value has to stay below the megabyte that memcached takes. */
const MOST_ROWS = 2500;

/** Keys that one pair of pods may fill in a window. What is beyond has no other end. */
const MOST_PARTS = 32;

/** Parts that are read at once: the second is nearly always missing, and then there is no third. */
const PARTS_AT_ONCE = 2;

/** What memcached takes for a key; text of a sender may be anything. */
const KEY = /^[\x21-\x7e]{1,250}$/;

/**
 * The exchange of all enrichments that share a cache. What a batch says of all connections between two addresses is one
 * value: an operation for each connection would cost more than all the rest of enrichment. A key that is taken stays as it
 * is, and the next one is tried. Of keys whose server does not answer nothing is known; only where no server answers at all
 * calls reject, with CACHE_UNAVAILABLE.
 */
export class CachedLossExchange implements LossExchange {
  readonly #cache: Cache;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  async publish(observations: readonly PublishedObservation[]): Promise<void> {
    const rows = new Map<string, PublishedRow[]>();
    for (const published of observations) gather(rows, published, rowOf(published));
    let open = [...rows].flatMap(([group, all]) => inParts(all).map((part) => ({ group, rows: part })));
    for (let part = 0; open.length > 0 && part < MOST_PARTS; part++) {
      const entries = open.map(({ group, rows: some }) => ({
        ...{ key: keyOf(group, part), value: encodeRows(some), ttlSeconds: TTL_SECONDS },
      }));
      const added = await this.#cache.addMany(entries);
      requireAnswer(added);
      open = await this.#notIn(
        part,
        open.filter((_one, index) => added[index] === false),
      );
    }
  }

  async find(keys: readonly ObservationKey[]): Promise<readonly (LossObservation | undefined)[]> {
    const groups = new Map<string, number[]>();
    for (const [index, key] of keys.entries()) gather(groups, key, index);
    const found = new Array<LossObservation | undefined>(keys.length).fill(undefined);
    const known = new Map(
      [...groups.keys()].map((group) => [group, new Map<string, LossObservation | undefined>()]),
    );
    await this.#read([...groups.keys()], known);
    for (const [group, indexes] of groups) {
      for (const index of indexes) found[index] = known.get(group)?.get(keys[index].communityId);
    }
    return found;
  }

  /** What is left of them to be published, without what the part has already: a batch may come again. */
  async #notIn<Open extends { readonly group: string; readonly rows: readonly PublishedRow[] }>(
    part: number,
    taken: readonly Open[],
  ): Promise<{ readonly group: string; readonly rows: PublishedRow[] }[]> {
    const texts = await this.#cache.getMany(taken.map(({ group }) => keyOf(group, part)));
    return taken.flatMap(({ group, rows }, index) => {
      const text = texts[index];
      const there = new Set(typeof text === 'string' ? decodeRows(text).map(nameOf) : []);
      const left = rows.filter((row) => !there.has(nameOf(row)));
      return left.length === 0 ? [] : [{ group, rows: left }];
    });
  }

  /** All parts of the groups. Two records of one connection leave undefined: neither can be told to be it. */
  async #read(
    groups: readonly string[],
    known: ReadonlyMap<string, Map<string, LossObservation | undefined>>,
  ): Promise<void> {
    let open = groups;
    for (let part = 0; open.length > 0 && part < MOST_PARTS; part += PARTS_AT_ONCE) {
      const asked = open.flatMap((group) => [keyOf(group, part), keyOf(group, part + 1)]);
      const texts = await this.#cache.getMany(asked);
      requireAnswer(texts);
      open = open.filter((group, index) => {
        const both = texts.slice(index * PARTS_AT_ONCE, (index + 1) * PARTS_AT_ONCE);
        for (const text of both) if (typeof text === 'string') takeOver(known.get(group)!, decodeRows(text));
        return typeof both[1] === 'string';
      });
    }
  }
}

function takeOver(known: Map<string, LossObservation | undefined>, rows: readonly PublishedRow[]): void {
  for (const { communityId, observation } of rows) {
    const isOther = known.has(communityId) && known.get(communityId)?.eventId !== observation.eventId;
    known.set(communityId, isOther ? undefined : observation);
  }
}

/** Puts an item to those of the same end, window and pair of addresses. */
function gather<Item>(groups: Map<string, Item[]>, { from, window, pair }: ObservationKey, item: Item): void {
  const group = `flowtap:loss:${from === 'source' ? 's' : 'd'}:${window}:${pair}`;
  const items = groups.get(group);
  if (items !== undefined) items.push(item);
  else if (KEY.test(keyOf(group, MOST_PARTS))) groups.set(group, [item]);
}

function keyOf(group: string, part: number): string {
  return `${group}:${part}`;
}

function nameOf({ communityId, observation }: PublishedRow): string {
  return `${communityId} ${observation.eventId}`;
}

function inParts(rows: readonly PublishedRow[]): readonly PublishedRow[][] {
  const parts: PublishedRow[][] = [];
  for (let at = 0; at < rows.length; at += MOST_ROWS) parts.push(rows.slice(at, at + MOST_ROWS));
  return parts;
}

function requireAnswer(answers: readonly unknown[]): void {
  if (answers.length === 0 || answers.some((answer) => answer !== NO_ANSWER)) return;
  throw new FlowtapError('CACHE_UNAVAILABLE', 'cache', 'No memcached server answered; see --memcached.');
}
