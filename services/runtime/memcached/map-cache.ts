import type { Clock } from '../clock.ts';
import type { Cache, CacheEntry, CacheRead, CacheWrite } from './cache.ts';

interface Kept {
  readonly value: string;
  readonly untilMs: number;
}

/** A cache in this process: for the embedded demo, and tests. */
export class MapCache implements Cache {
  readonly serverCount = 1;
  readonly #clock: Clock;
  readonly #capacity: number;
  /** In the order in which they were written. */
  readonly #entries = new Map<string, Kept>();

  /** @param capacity entries; beyond, the one written longest ago goes */
  constructor(clock: Clock, capacity: number) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** What has expired and was not asked for since counts. */
  get size(): number {
    return this.#entries.size;
  }

  serverOf(): number {
    return 0;
  }

  getMany(keys: readonly string[]): Promise<readonly CacheRead[]> {
    return Promise.resolve(keys.map((key) => this.#living(key)?.value));
  }

  setMany(entries: readonly CacheEntry[]): Promise<readonly CacheWrite[]> {
    for (const { key, value, ttlSeconds } of entries) this.#put(key, value, ttlSeconds);
    return Promise.resolve(entries.map(() => true));
  }

  addMany(entries: readonly CacheEntry[]): Promise<readonly CacheWrite[]> {
    return Promise.resolve(
      entries.map(({ key, value, ttlSeconds }) => {
        if (this.#living(key) !== undefined) return false;
        this.#put(key, value, ttlSeconds);
        return true;
      }),
    );
  }

  touchMany(entries: readonly Omit<CacheEntry, 'value'>[]): Promise<readonly CacheWrite[]> {
    return Promise.resolve(
      entries.map(({ key, ttlSeconds }) => {
        const kept = this.#living(key);
        if (kept !== undefined) this.#put(key, kept.value, ttlSeconds);
        return kept !== undefined;
      }),
    );
  }

  close(): void {
    this.#entries.clear();
  }

  #living(key: string): Kept | undefined {
    const kept = this.#entries.get(key);
    if (kept === undefined || this.#clock.now() < kept.untilMs) return kept;
    this.#entries.delete(key);
    return undefined;
  }

  #put(key: string, value: string, ttlSeconds: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, untilMs: this.#clock.now() + ttlSeconds * 1000 });
    if (this.#entries.size <= this.#capacity) return;
    const [oldest] = this.#entries.keys();
    this.#entries.delete(oldest);
  }
}
