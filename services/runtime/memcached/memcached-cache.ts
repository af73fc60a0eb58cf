import type { Answered, Client } from 'memjs';
import type { Cache, CacheEntry, CacheRead, CacheWrite } from './cache.ts';
import { NO_ANSWER } from './cache.ts';
import type { MemcachedOptions } from './memcached-link.ts';
import { MemcachedLink } from './memcached-link.ts';
import type { ServerAddress } from './server-address.ts';

/**
 * One or more memcached servers. A key is always on the same one, in every process that is given the same servers in
 * whatever order; what a server that is down should keep is not kept elsewhere.
 */
export class MemcachedCache implements Cache {
  readonly #links: readonly MemcachedLink[];

  constructor(servers: readonly ServerAddress[], options: MemcachedOptions) {
    const named = servers.map((address) => ({ address, name: `${address.host} ${address.port}` }));
    named.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#links = named.map(({ address }) => new MemcachedLink(address, options));
  }

  get serverCount(): number {
    return this.#links.length;
  }

  serverOf(key: string): number {
    return this.#links.length === 1 ? 0 : fnv1a(key) % this.#links.length;
  }

  async getMany(keys: readonly string[]): Promise<readonly CacheRead[]> {
    const found = await this.#ask<string, Buffer | null>(
      keys,
      (key) => key,
      (client, key, answered) => client.get(key, answered),
    );
    return found.map((value) => (value === NO_ANSWER ? value : value?.toString()));
  }

  setMany(entries: readonly CacheEntry[]): Promise<readonly CacheWrite[]> {
    return this.#ask(entries, keyOf, (client, { key, value, ttlSeconds }, answered: Answered<boolean>) =>
      client.set(key, value, { expires: ttlSeconds }, answered),
    );
  }

  addMany(entries: readonly CacheEntry[]): Promise<readonly CacheWrite[]> {
    return this.#ask(entries, keyOf, (client, { key, value, ttlSeconds }, answered: Answered<boolean>) =>
      client.add(key, value, { expires: ttlSeconds }, answered),
    );
  }

  touchMany(entries: readonly Omit<CacheEntry, 'value'>[]): Promise<readonly CacheWrite[]> {
    return this.#ask(entries, keyOf, (client, { key, ttlSeconds }, answered: Answered<boolean>) =>
      client.touch(key, ttlSeconds, answered),
    );
  }

  close(): void {
    for (const link of this.#links) link.close();
  }

  /** Issues all operations at once, and resolves when each has its answer or none. */
  #ask<Operation, Value>(
    operations: readonly Operation[],
    key: (operation: Operation) => string,
    issue: (client: Client, operation: Operation, answered: Answered<Value>) => void,
  ): Promise<(Value | typeof NO_ANSWER)[]> {
    return new Promise((resolve) => {
      const answers = new Array<Value | typeof NO_ANSWER>(operations.length).fill(NO_ANSWER);
      let missing = operations.length;
      if (missing === 0) resolve(answers);
      const issueOne = (index: number): void => {
        const operation = operations[index];
        this.#links[this.serverOf(key(operation))].ask<Value>(
          (client, answered) => issue(client, operation, answered),
          (answer) => {
            answers[index] = answer;
            if (--missing === 0) resolve(answers);
          },
        );
      };
      this.#together(() => {
        for (let index = 0; index < operations.length; index++) issueOne(index);
      });
    });
  }

  #together(issue: () => void): void {
    const nested = this.#links.reduce<() => void>((inner, link) => () => link.together(inner), issue);
    nested();
  }
}

function keyOf({ key }: { readonly key: string }): string {
  return key;
}

/** FNV-1a, 32 bits, of ASCII text. */
function fnv1a(text: string): number {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
  return hash >>> 0;
}
