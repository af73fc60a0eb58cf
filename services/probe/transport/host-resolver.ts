import { lookup } from 'node:dns/promises';
import { parseIp } from '../../core/ip-address.ts';
import type { Clock } from '../../runtime/clock.ts';

/** Finds a host's addresses. */
export interface HostResolver {
  /** In the order in which to try them, at least one. Rejects when there is none, or the signal aborts. */
  resolve(host: string, signal: AbortSignal): Promise<readonly Uint8Array[]>;
  /** The addresses were of no use: ask again next time. */
  forget(host: string): void;
}

/** So long a name is not asked for again. */
const KNOWN_FOR_MS = 300_000;

/** Asks rarely: what was answered is kept, unless it turns out to be of no use. */
export class CachingResolver implements HostResolver {
  readonly #ask: (host: string) => Promise<readonly string[]>;
  readonly #clock: Clock;
  readonly #known = new Map<
    string,
    { readonly addresses: readonly Uint8Array[]; readonly untilMs: number }
  >();

  constructor(clock: Clock, ask: (host: string) => Promise<readonly string[]> = askSystem) {
    this.#clock = clock;
    this.#ask = ask;
  }

  async resolve(host: string, signal: AbortSignal): Promise<readonly Uint8Array[]> {
    const literal = parseIp(host);
    if (literal !== undefined) return [literal];
    const known = this.#known.get(host);
    if (known !== undefined && this.#clock.now() < known.untilMs) return known.addresses;
    const texts = await unlessAborted(this.#ask(host), signal);
    const addresses = texts.map(parseIp).filter((address) => address !== undefined);
    if (addresses.length === 0) throw new Error(`${host} has no address.`);
    this.#known.set(host, { addresses, untilMs: this.#clock.now() + KNOWN_FOR_MS });
    return addresses;
  }

  forget(host: string): void {
    this.#known.delete(host);
  }
}

/** As every program of the system does, with /etc/hosts. */
async function askSystem(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}

/** The promise goes on, as a look-up cannot be called back. */
function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
