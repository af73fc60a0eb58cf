import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BurstProcess } from './connection-burst.ts';
import type { SeenConnection } from './expected-translations.ts';
import { seenConnection } from './expected-translations.ts';
import { ResolverRig, rigUnavailable, serviceObject } from './resolver-rig.ts';

const unavailable = rigUnavailable();
const IP = '10.96.3.1';
const PORT = 9000;
const COUNT = 5000;
const SERVICE = serviceObject('busy', {
  spec: {
    clusterIPs: [IP],
    ports: [
      { protocol: 'TCP', port: 80 },
      { protocol: 'UDP', port: 80 },
    ],
  },
});

describe('a burst of connections', () => {
  let rig: ResolverRig;
  let client: BurstProcess;
  const backends: BurstProcess[] = [];

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    rig = await ResolverRig.start();
    client = await BurstProcess.start(rig.client.namespace);
    for (const { namespace } of rig.backends) {
      const backend = await BurstProcess.start(namespace);
      await backend.take(PORT);
      backends.push(backend);
    }
    for (const protocol of ['tcp', 'udp'] as const) {
      rig.network.addService({ ip: IP, protocol, port: 80, targetPort: PORT }, rig.backends);
    }
  });

  beforeEach((ctx) => {
    if (unavailable !== undefined) ctx.skip(unavailable);
  });

  afterAll(() => rig?.close());

  /** The connections as the backends saw them. */
  const taken = async (protocol: 'tcp' | 'udp'): Promise<readonly SeenConnection[]> => {
    const seen: SeenConnection[] = [];
    for (const [index, { name, ipv4 }] of rig.backends.entries()) {
      for (const port of await backends[index].callers(protocol)) {
        const answer = { name, ip: rig.client.ipv4, port, localPort: port };
        seen.push(
          seenConnection(protocol, rig.client.ipv4, { ip: IP, port: 80 }, answer, { ip: ipv4, port: PORT }),
        );
      }
    }
    return seen;
  };

  test.each([
    { protocol: 'udp', what: 'room for all events', receiveBufferBytes: 32 * 2 ** 20 },
    { protocol: 'tcp', what: 'room for all events', receiveBufferBytes: 32 * 2 ** 20 },
    { protocol: 'tcp', what: 'room for a few events', receiveBufferBytes: 16_384 },
  ] as const)(
    'of $protocol with $what leaves no translation out',
    async ({ protocol, receiveBufferBytes }) => {
      const resolver = await rig.startResolver({ services: [SERVICE], receiveBufferBytes });
      // Ports of an earlier row are still in the table.
      const firstPort = { udp: 10_000, tcp: receiveBufferBytes > 2 ** 20 ? 20_000 : 30_000 }[protocol];
      await client.open({ protocol, ip: IP, port: 80, firstPort, count: COUNT, perSecond: 1_000_000 });
      const connections = [...(await taken(protocol))];
      await expect
        .poll(async () => connections.push(...(await taken(protocol))), { timeout: 10_000 })
        .toBe(COUNT);
      const { there, expected } = await rig.compare(connections, {
        namespace: 'shop',
        name: 'busy',
        port: 80,
      });
      expect(there).toEqual(expected);
      expect(Object.keys(expected)).toHaveLength(COUNT);
      await resolver.stop();
    },
  );
});
