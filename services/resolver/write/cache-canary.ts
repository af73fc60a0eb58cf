import type { Clock } from '../../runtime/clock.ts';
import type { Cache } from '../../runtime/memcached/cache.ts';

export interface CacheCanaryOptions {
  readonly cache: Cache;
  readonly clock: Clock;
  /** Tells this resolver's canaries from those of others. */
  readonly name: string;
  readonly intervalMs: number;
  /** Called when a server has lost what was written to it: it was restarted, or flushed. */
  readonly onLoss: () => void;
}

const TTL_SECONDS = 86_400;

/** Keeps a key on every memcached server: where it is gone, so is all the rest. */
export class CacheCanary {
  readonly #options: CacheCanaryOptions;
  readonly #keys: readonly string[];
  /** Servers that have had their key. */
  readonly #placed: boolean[];

  constructor(options: CacheCanaryOptions) {
    this.#options = options;
    this.#keys = keysOnAllServers(options.cache, options.name);
    this.#placed = this.#keys.map(() => false);
  }

  /** Looks again and again until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs } = this.#options;
    while (!signal.aborted) {
      await this.look();
      await clock.sleep(intervalMs, signal);
    }
  }

  /** Looks once. A server that does not answer has not lost anything yet. */
  async look(): Promise<void> {
    const { cache, onLoss } = this.#options;
    const found = await cache.touchMany(this.#keys.map((key) => ({ key, ttlSeconds: TTL_SECONDS })));
    for (let server = 0; server < found.length; server++) this.#placed[server] ||= found[server] === true;
    const missing = this.#keys.filter((_key, server) => found[server] === false);
    if (missing.length === 0) return;
    const set = await cache.setMany(missing.map((key) => ({ key, value: '1', ttlSeconds: TTL_SECONDS })));
    let isLoss = false;
    for (let index = 0; index < missing.length; index++) {
      if (set[index] !== true) continue;
      const server = this.#keys.indexOf(missing[index]);
      isLoss ||= this.#placed[server];
      this.#placed[server] = true;
    }
    if (isLoss) onLoss();
  }
}

/** One key that each server keeps, by the servers' numbers. */
function keysOnAllServers(cache: Cache, name: string): readonly string[] {
  const keys = new Array<string | undefined>(cache.serverCount).fill(undefined);
  for (let attempt = 0; keys.includes(undefined); attempt++) {
    const key = `flowtap:canary:${name}:${attempt}`;
    keys[cache.serverOf(key)] ??= key;
  }
  return keys as string[];
}
