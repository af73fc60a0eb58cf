import { BurstProcess } from '../test/integration/resolver/connection-burst.ts';
import type { SeenConnection } from '../test/integration/resolver/expected-translations.ts';
import { expectedTranslations, seenConnection } from '../test/integration/resolver/expected-translations.ts';
import { ResolverRig, rigUnavailable, serviceObject } from '../test/integration/resolver/resolver-rig.ts';
import type { RunningResolver } from '../test/integration/resolver/running-resolver.ts';
import type { Table } from './table.ts';
import { decimal, integer } from './table.ts';

/** New connections through a ClusterIP, each from a port of its own. */
export interface ResolverLoad {
  readonly protocol: 'tcp' | 'udp';
  readonly perSecond: number;
  readonly count: number;
  /** The kernel's memory for events that are not read yet. */
  readonly receiveBufferBytes: number;
}

export interface ResolverResult {
  readonly load: ResolverLoad;
  /** What the client managed. */
  readonly reachedPerSecond: number;
  /** As the backends saw them. */
  readonly connections: number;
  /** Connections whose translation memcached does not have, or has another of. */
  readonly missing: number;
  readonly wrong: number;
  readonly overruns: number;
  readonly lostEvents: number;
  /** Microseconds of CPU of the resolver, user and system, a connection. */
  readonly cpuMicroseconds: number;
  /** From the last connection until memcached had everything. */
  readonly settledMs: number;
}

const SERVICE_IP = '10.96.0.80';
const SERVICE_PORT = 80;
const BACKEND_PORT = 9000;
const MEBIBYTE = 2 ** 20;
const SERVICE = serviceObject('bench', {
  spec: {
    clusterIPs: [SERVICE_IP],
    ports: ['TCP', 'UDP'].map((protocol) => ({ protocol, port: SERVICE_PORT })),
  },
});
const NAME = { namespace: 'shop', name: 'bench', port: SERVICE_PORT };

/** Ports that the client connects from. */
const FIRST_PORT = 10_000;
const PORTS = 55_000;

export function resolverLoads(quick: boolean): readonly ResolverLoad[] {
  const seconds = quick ? 1 : 6;
  const row = (
    protocol: 'tcp' | 'udp',
    perSecond: number,
    receiveBufferBytes = 32 * MEBIBYTE,
  ): ResolverLoad => ({
    protocol,
    perSecond,
    count: Math.min(PORTS, perSecond * seconds),
    receiveBufferBytes,
  });
  return [
    row('tcp', 5000),
    row('udp', 5000),
    row('udp', 10_000),
    row('udp', 20_000),
    row('udp', 10_000, MEBIBYTE / 4),
  ];
}

/** Why the resolver cannot be measured here; undefined where it can. */
export const resolverImpossible = rigUnavailable;

/** Each load on a network of its own, so that the connection table begins empty. */
export async function benchResolver(
  loads: readonly ResolverLoad[],
  progress: (text: string) => void,
): Promise<readonly ResolverResult[]> {
  const results: ResolverResult[] = [];
  for (const load of loads) {
    progress(`resolver: ${load.count} ${load.protocol} connections, ${load.perSecond} a second`);
    const rig = await ResolverRig.start();
    try {
      results.push(await measure(rig, load));
    } finally {
      await rig.close();
    }
  }
  return results;
}

async function measure(rig: ResolverRig, load: ResolverLoad): Promise<ResolverResult> {
  const { protocol, count, perSecond, receiveBufferBytes } = load;
  const service = { ip: SERVICE_IP, protocol, port: SERVICE_PORT, targetPort: BACKEND_PORT };
  rig.network.addService(service, rig.backends);
  const backends: BurstProcess[] = [];
  for (const { namespace } of rig.backends) {
    const backend = await BurstProcess.start(namespace);
    await backend.take(BACKEND_PORT);
    backends.push(backend);
  }
  const client = await BurstProcess.start(rig.client.namespace);
  const resolver = await rig.startResolver({ services: [SERVICE], receiveBufferBytes });
  const before = await cpuMicroseconds(resolver);
  const plan = { protocol, ip: SERVICE_IP, port: SERVICE_PORT, firstPort: FIRST_PORT, count, perSecond };
  const seconds = await client.open(plan);
  const startMs = performance.now();
  const seen: SeenConnection[] = [];
  for (const [index, { name, ipv4 }] of rig.backends.entries()) {
    for (const port of await backends[index].callers(protocol)) {
      const answer = { name, ip: rig.client.ipv4, port, localPort: port };
      const server = { ip: ipv4, port: BACKEND_PORT };
      seen.push(
        seenConnection(protocol, rig.client.ipv4, { ip: SERVICE_IP, port: SERVICE_PORT }, answer, server),
      );
    }
  }
  const expected = new Map(seen.flatMap((connection) => [...expectedTranslations(connection, NAME)]));
  const found = await rig.waitFor([...expected.keys()], 20_000);
  const settledMs = performance.now() - startMs;
  const wrong = [...expected.values()].filter((translation, index) => {
    const there = found[index];
    return there !== undefined && there.communityId !== translation.communityId;
  }).length;
  const result = {
    load,
    reachedPerSecond: count / seconds,
    connections: seen.length,
    missing: found.filter((translation) => translation === undefined).length,
    wrong,
    overruns: await resolver.metric('overruns_total'),
    lostEvents: await resolver.metric('lost_events'),
    cpuMicroseconds: ((await cpuMicroseconds(resolver)) - before) / count,
    settledMs,
  };
  await resolver.stop();
  return result;
}

async function cpuMicroseconds(resolver: RunningResolver): Promise<number> {
  const { cpu } = await resolver.state();
  return cpu.user + cpu.system;
}

export function resolverTable(results: readonly ResolverResult[]): Table {
  return {
    head: [
      'connections',
      'a second',
      'reached',
      'buffer KiB',
      'seen',
      'missing',
      'wrong',
      'overruns',
      'events lost',
      'µs CPU each',
      'settled ms',
    ],
    rows: results.map(({ load, ...result }) => [
      `${integer(load.count)} ${load.protocol}`,
      integer(load.perSecond),
      integer(result.reachedPerSecond),
      integer(load.receiveBufferBytes / 1024),
      integer(result.connections),
      integer(result.missing),
      integer(result.wrong),
      integer(result.overruns),
      integer(result.lostEvents),
      decimal(result.cpuMicroseconds, 1),
      integer(result.settledMs),
    ]),
  };
}
