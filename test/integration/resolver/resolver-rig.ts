import type { NatTranslation, TranslatedService } from '../../../services/core/nat-translation.ts';
import { systemClock } from '../../../services/runtime/clock.ts';
import type { KubernetesObject } from '../../../services/runtime/kubernetes/kubernetes-object.ts';
import { MemcachedCache } from '../../../services/runtime/memcached/memcached-cache.ts';
import type { ServerAddress } from '../../../services/runtime/memcached/server-address.ts';
import { CachedTranslationStore } from '../../../services/runtime/memcached/translation-store.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';
import type { TestMemcached } from '../../servers/memcached.ts';
import { memcachedUnavailable, startMemcached } from '../../servers/memcached.ts';
import { missingCommand } from '../missing-command.ts';
import { namespacesUnavailable } from '../namespaces.ts';
import type { PodNamespace } from '../pods/pod-network.ts';
import { PodNetwork } from '../pods/pod-network.ts';
import type { PodCall } from '../pods/pod-process.ts';
import { PodProcess } from '../pods/pod-process.ts';
import type { SeenConnection } from './expected-translations.ts';
import { expectedTranslations, seenConnection } from './expected-translations.ts';
import type { ResolverSetup } from './running-resolver.ts';
import { RunningResolver } from './running-resolver.ts';

/** Where the backends serve. */
export const SERVER_PORT = 8080;

/** Why the rig cannot be set up here; undefined where it can. */
export function rigUnavailable(): string | undefined {
  return namespacesUnavailable() ?? missingCommand('iptables') ?? memcachedUnavailable();
}

/** A node with a client pod and three backends, and a memcached beside it. */
export class ResolverRig {
  readonly network: PodNetwork;
  readonly client: PodNamespace;
  readonly backends: readonly PodNamespace[];
  readonly memcached: TestMemcached;
  readonly #cache: MemcachedCache;
  readonly #processes: ReadonlyMap<PodNamespace, PodProcess>;

  private constructor(
    network: PodNetwork,
    pods: readonly PodNamespace[],
    processes: ReadonlyMap<PodNamespace, PodProcess>,
    memcached: TestMemcached,
  ) {
    this.network = network;
    [this.client, ...this.backends] = pods;
    this.#processes = processes;
    this.memcached = memcached;
    this.#cache = new MemcachedCache([this.memcachedAddress], {
      clock: systemClock,
      log: quietLogger(),
      timeoutMs: 5000,
      maxOutstanding: 100_000,
      pauseMs: 20,
      maxPauseMs: 100,
    });
  }

  static async start(): Promise<ResolverRig> {
    const network = new PodNetwork();
    try {
      const pods = ['client', 'one', 'two', 'three'].map((name) => network.addPod(name));
      const processes = new Map<PodNamespace, PodProcess>();
      for (const pod of pods) {
        const process = await PodProcess.start(pod.namespace);
        await process.serve(SERVER_PORT, pod.name);
        processes.set(pod, process);
      }
      const memcached = await startMemcached(network.machineAddress);
      return new ResolverRig(network, pods, processes, memcached);
    } catch (error) {
      network.close();
      throw error;
    }
  }

  get memcachedAddress(): ServerAddress {
    const [host, port] = this.memcached.address.split(':');
    return { host, port: Number(port) };
  }

  startResolver(setup: Partial<ResolverSetup> = {}): Promise<RunningResolver> {
    return RunningResolver.start(this.network.node, { memcached: [this.memcachedAddress], ...setup });
  }

  /** Calls from a pod, and what both ends saw of each connection. */
  async call(call: PodCall, from: PodNamespace = this.client): Promise<readonly SeenConnection[]> {
    const isIpv6 = call.ip.includes(':');
    const answers = await this.#processes.get(from)!.call(call);
    return answers.map((answer) => {
      const backend = [this.client, ...this.backends].find(({ name }) => name === answer.name)!;
      const server = { ip: isIpv6 ? backend.ipv6 : backend.ipv4, port: SERVER_PORT };
      const clientIp = isIpv6 ? from.ipv6 : from.ipv4;
      return seenConnection(call.protocol, clientIp, { ip: call.ip, port: call.port }, answer, server);
    });
  }

  /** What memcached has and what it should have, by ids; waits until both are of the same ids, or for some seconds. */
  async compare(
    connections: readonly SeenConnection[],
    service: TranslatedService | undefined,
    seed = 0,
  ): Promise<{ readonly there: object; readonly expected: object }> {
    const expected = new Map(connections.flatMap((seen) => [...expectedTranslations(seen, service, seed)]));
    const ids = [...expected.keys()];
    const found = await this.waitFor(ids);
    const there = ids.map((id, index) => [id, withoutTime(found[index])] as const);
    return { there: Object.fromEntries(there), expected: Object.fromEntries(expected) };
  }

  /** What is kept under the ids; waits for them for some seconds. */
  async waitFor(ids: readonly string[], waitMs = 15_000): Promise<readonly (NatTranslation | undefined)[]> {
    const store = new CachedTranslationStore(this.#cache);
    const untilMs = Date.now() + waitMs;
    for (;;) {
      const found = await store.getMany(ids).catch(() => ids.map(() => undefined));
      if (!found.includes(undefined) || Date.now() > untilMs) return found;
      await systemClock.sleep(20);
    }
  }

  async close(): Promise<void> {
    this.#cache.close();
    for (const process of this.#processes.values()) await process.close();
    await this.memcached.stop();
    this.network.close();
  }
}

/** A service as the API server has it. */
export function serviceObject(
  name: string,
  fields: { readonly spec: object; readonly status?: object },
): KubernetesObject {
  return { metadata: { uid: `uid-${name}`, name, namespace: 'shop' }, ...fields };
}

function withoutTime(translation: NatTranslation | undefined): Omit<NatTranslation, 'atMs'> | undefined {
  if (translation === undefined) return undefined;
  const { atMs: _time, ...rest } = translation;
  return rest;
}
