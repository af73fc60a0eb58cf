import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { namespacesUnavailable } from '../namespaces.ts';
import { PodNetwork } from './pod-network.ts';
import { PodProcess } from './pod-process.ts';

const unavailable = namespacesUnavailable();
const SERVICE = { ipv4: '10.96.0.10', ipv6: 'fd00:96::10' } as const;
const CALLS = [
  { protocol: 'tcp', family: 'ipv4' },
  { protocol: 'udp', family: 'ipv4' },
  { protocol: 'tcp', family: 'ipv6' },
  { protocol: 'udp', family: 'ipv6' },
] as const;

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

describe('pods behind a node', () => {
  let network: PodNetwork;
  let client: PodProcess;
  let backends: readonly PodProcess[];

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    network = new PodNetwork();
    const pods = ['web-0', 'web-1', 'web-2'].map((name) => network.addPod(name));
    const caller = network.addPod('caller');
    for (const { protocol, family } of CALLS) {
      network.addService({ ip: SERVICE[family], protocol, port: 80, targetPort: 8080 }, pods);
    }
    client = await PodProcess.start(caller.namespace);
    backends = await Promise.all(pods.map(({ namespace }) => PodProcess.start(namespace)));
    await Promise.all(backends.map((backend, index) => backend.serve(8080, pods[index].name)));
  });

  afterAll(() => network?.close());

  test.each(CALLS)(
    'answer $protocol over $family at an address of the service',
    async ({ protocol, family }) => {
      const ip = SERVICE[family];
      const before = await Promise.all(backends.map((backend) => backend.served()));
      const answers = await client.call({ protocol, ip, port: 80, count: 30, requestBytes: 100 });
      const after = await Promise.all(backends.map((backend) => backend.served()));
      const names = ['web-0', 'web-1', 'web-2'];
      expect(after.map((served, index) => served[protocol] - before[index][protocol])).toEqual(
        names.map((name) => answers.filter((answer) => answer.name === name).length),
      );
      expect(new Set(answers.map(({ localPort }) => localPort)).size).toBeGreaterThan(25);
      for (const answer of answers) expect(answer.port).toBe(answer.localPort);
    },
  );

  test('reach the machine from the address of the node', () => {
    const route = network.node.ip('route', 'get', network.machineAddress);
    expect(route).toContain(network.nodeAddress);
  });
});
