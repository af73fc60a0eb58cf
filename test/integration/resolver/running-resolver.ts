import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { KubernetesObject } from '../../../services/runtime/kubernetes/kubernetes-object.ts';
import type { ServerAddress } from '../../../services/runtime/memcached/server-address.ts';
import type { Namespace } from '../namespaces.ts';

export interface ResolverSetup {
  readonly memcached: readonly ServerAddress[];
  readonly services: readonly KubernetesObject[];
  readonly seed: number;
  readonly servicesOnly: boolean;
  readonly ttlSeconds: number;
  readonly endedTtlSeconds: number;
  readonly resyncIntervalMs: number;
  readonly receiveBufferBytes: number;
  readonly maxQueued: number;
}

export type ResolverOrder =
  | { readonly kind: 'metric'; readonly name: string; readonly labels: Readonly<Record<string, string>> }
  | { readonly kind: 'state' }
  | { readonly kind: 'service'; readonly service: KubernetesObject }
  | { readonly kind: 'hold'; readonly ms: number }
  | { readonly kind: 'stop' };

export interface ResolverState {
  readonly isReady: boolean;
  readonly queued: number;
  /** Microseconds. */
  readonly cpu: { readonly user: number; readonly system: number };
}

const DEFAULTS = {
  services: [],
  seed: 0,
  servicesOnly: false,
  ttlSeconds: 3600,
  endedTtlSeconds: 60,
  resyncIntervalMs: 600_000,
  receiveBufferBytes: 32 * 2 ** 20,
  maxQueued: 200_000,
} as const;

/** A resolver in a process of its own in a namespace. It ends with the namespace, or with `stop`. */
export class RunningResolver {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #orders = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', ({ id, result }: { id: number; result: unknown }) => {
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
  }

  /** Resolves when the connection table has been read. */
  static async start(
    namespace: Namespace,
    setup: Partial<ResolverSetup> & Pick<ResolverSetup, 'memcached'>,
  ): Promise<RunningResolver> {
    const script = fileURLToPath(new URL('resolver-child.ts', import.meta.url));
    const child = namespace.spawn(process.execPath, [script, JSON.stringify({ ...DEFAULTS, ...setup })], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const [first] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
    if (first !== 'ready') throw new Error(`the resolver ended (${String(first)})`);
    const resolver = new RunningResolver(child);
    await resolver.until(async () => (await resolver.state()).isReady);
    return resolver;
  }

  /** The value of a metric, `flowtap_resolver_` left out of its name. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    return (await this.#order({ kind: 'metric', name: `flowtap_resolver_${name}`, labels })) as number;
  }

  async state(): Promise<ResolverState> {
    return (await this.#order({ kind: 'state' })) as ResolverState;
  }

  async apply(service: KubernetesObject): Promise<void> {
    await this.#order({ kind: 'service', service });
  }

  /** Keeps the process from reading events; resolves when it goes on. */
  async hold(ms: number): Promise<void> {
    await this.#order({ kind: 'hold', ms });
  }

  /** Asks again until it is so. */
  async until(condition: () => Promise<boolean>): Promise<void> {
    const deadline = AbortSignal.timeout(20_000);
    while (!(await condition())) {
      deadline.throwIfAborted();
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit');
    await this.#order({ kind: 'stop' });
    await exit;
  }

  #order(order: ResolverOrder): Promise<unknown> {
    const id = ++this.#orders;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ ...order, id }, (error) => error && reject(error));
    });
  }
}
