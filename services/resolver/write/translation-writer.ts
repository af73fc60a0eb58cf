import { encodeNatTranslation, natTranslationKey } from '../../core/nat-translation.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Cache } from '../../runtime/memcached/cache.ts';
import type { KeyedTranslation } from '../translate/translations-of.ts';
import type { QueueObserver } from './server-queue.ts';
import { ServerQueue } from './server-queue.ts';

export interface TranslationWriterOptions {
  readonly cache: Cache;
  readonly clock: Clock;
  /** Translations that may wait, for all servers together. */
  readonly maxEntries: number;
  readonly observer: QueueObserver;
  /** Called when a server takes translations again after some were dropped. */
  readonly onGap: () => void;
}

/** A piece of the connection table, some hundred translations, must find room in half of it. */
const LEAST_OF_ONE = 1000;

/** How often it is looked whether there is room again. */
const ROOM_POLL_MS = 5;

/** Writes translations to the cache, behind a bounded queue for each of its servers: one that is down holds up no other. */
export class TranslationWriter {
  readonly #options: TranslationWriterOptions;
  readonly #queues: readonly ServerQueue[];
  readonly #maxEntriesOfOne: number;

  constructor(options: TranslationWriterOptions) {
    const { cache, maxEntries } = options;
    this.#options = options;
    this.#maxEntriesOfOne = Math.max(LEAST_OF_ONE, Math.ceil(maxEntries / cache.serverCount));
    this.#queues = Array.from(
      { length: cache.serverCount },
      () => new ServerQueue({ ...options, maxEntries: this.#maxEntriesOfOne }),
    );
  }

  /** Translations that wait, or are under way. */
  get length(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.length, 0);
  }

  put({ id, translation }: KeyedTranslation, ttlSeconds: number): void {
    const key = natTranslationKey(id);
    this.#queues[this.#options.cache.serverOf(key)].put({
      key,
      value: encodeNatTranslation(translation),
      ttlSeconds,
    });
  }

  /** Resolves when every queue whose server takes what is written is less than half full, or the signal is aborted. */
  async room(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#queues.some((queue) => this.#isCrowded(queue))) {
      await this.#options.clock.sleep(ROOM_POLL_MS, signal);
    }
  }

  #isCrowded({ isStuck, length }: ServerQueue): boolean {
    return !isStuck && length * 2 > this.#maxEntriesOfOne;
  }

  /** Writes until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.run(signal)));
  }

  /** After `run` has ended: writes what is left. */
  async drain(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.drain(signal)));
  }
}
