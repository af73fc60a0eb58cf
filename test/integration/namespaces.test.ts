import { execFileSync, spawnSync } from 'node:child_process';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { namespacesUnavailable, TestNetwork } from './namespaces.ts';
import { sendUdp } from './traffic.ts';

const unavailable = namespacesUnavailable();

const namespaceNames = (): readonly string[] =>
  execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.split(' ')[0]);

describe('TestNetwork', () => {
  let network: TestNetwork;

  beforeEach((ctx) => {
    if (unavailable !== undefined) ctx.skip(unavailable);
    network = new TestNetwork();
  });

  afterEach(() => network?.close());

  test('takes its namespaces away, and what processes that are no more have left', () => {
    const { pid } = spawnSync('true');
    const left = `flowtap-${pid}-left-over`;
    execFileSync('ip', ['netns', 'add', left]);
    const other = new TestNetwork();
    const { name } = other.addNamespace('one');
    expect(namespaceNames()).toContain(name);
    expect(namespaceNames()).not.toContain(left);
    other.close();
    expect(namespaceNames()).not.toContain(name);
  });

  test('a router forwards, and drops each nth packet when it is told to', async () => {
    const [client, server] = [network.addNamespace('client'), network.addNamespace('server')];
    const router = network.addRouter('router');
    network.link(
      { namespace: client, interfaceName: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'] },
      { namespace: router, interfaceName: 'client', addresses: ['10.0.0.254/24', 'fd00::fe/64'] },
      { offloads: false, staticNeighbours: true },
    );
    network.link(
      { namespace: server, interfaceName: 'eth0', addresses: ['10.0.1.1/24', 'fd01::1/64'] },
      { namespace: router, interfaceName: 'server', addresses: ['10.0.1.254/24', 'fd01::fe/64'] },
      { offloads: false, staticNeighbours: true },
    );
    client.ip('route', 'add', 'default', 'via', '10.0.0.254');
    client.ip('-6', 'route', 'add', 'default', 'via', 'fd00::fe');
    server.addRule('filter', 'INPUT', '-p', 'udp', '-j', 'DROP');
    router.dropForwarded('server', 5);

    const before = server.counters('eth0');
    await sendUdp(client, { address: '10.0.1.1', port: 4000, count: 50, payloadBytes: 10 });
    await sendUdp(client, { address: 'fd01::1', port: 4000, count: 50, payloadBytes: 10 });
    const after = server.counters('eth0');
    expect(after.receivedPackets - before.receivedPackets).toBe(80);
    expect(after.receivedBytes - before.receivedBytes).toBe(
      40 * (14 + 20 + 8 + 10) + 40 * (14 + 40 + 8 + 10),
    );
    expect(after.sentPackets).toBe(before.sentPackets);
  });
});
