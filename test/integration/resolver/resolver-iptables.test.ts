import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PodCall } from '../pods/pod-process.ts';
import { ResolverRig, rigUnavailable, SERVER_PORT, serviceObject } from './resolver-rig.ts';
import type { RunningResolver } from './running-resolver.ts';

const unavailable = rigUnavailable();
const ports = (nodePort?: number): object[] => [
  { name: 't', protocol: 'TCP', port: 80, targetPort: SERVER_PORT, ...(nodePort && { nodePort }) },
  { name: 'u', protocol: 'UDP', port: 80, targetPort: SERVER_PORT, ...(nodePort && { nodePort }) },
];

/** Services by the way they are called. */
const SERVICES = [
  serviceObject('cluster', { spec: { clusterIPs: ['10.96.0.10', 'fd00:96::10'], ports: ports() } }),
  serviceObject('external', {
    spec: { clusterIPs: ['10.96.0.11'], externalIPs: ['203.0.113.7', '2001:db8::7'], ports: ports() },
  }),
  serviceObject('balanced', {
    spec: { clusterIPs: ['10.96.0.12'], ports: ports() },
    status: { loadBalancer: { ingress: [{ ip: '203.0.113.8' }, { ip: '2001:db8::8' }, { hostname: 'x' }] } },
  }),
  serviceObject('ported', { spec: { clusterIPs: ['10.96.0.13'], ports: ports(30_080) } }),
];

const ADDRESSES = [
  { service: 'cluster', ips: ['10.96.0.10', 'fd00:96::10'], port: 80 },
  { service: 'external', ips: ['203.0.113.7', '2001:db8::7'], port: 80 },
  { service: 'balanced', ips: ['203.0.113.8', '2001:db8::8'], port: 80 },
  { service: 'ported', ips: ['10.244.1.1', 'fd00:244:1::1'], port: 30_080 },
  { service: undefined, ips: ['10.96.0.99', 'fd00:96::99'], port: 81 },
];

const CALLS = ADDRESSES.flatMap(({ service, ips, port }) =>
  ips.flatMap((ip) => (['tcp', 'udp'] as const).map((protocol) => ({ service, ip, port, protocol }))),
);

describe('services of kube-proxy through iptables', () => {
  let rig: ResolverRig;
  let resolver: RunningResolver;

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    rig = await ResolverRig.start();
    for (const { ip, port, protocol } of CALLS) {
      rig.network.addService({ ip, protocol, port, targetPort: SERVER_PORT }, rig.backends);
    }
    resolver = await rig.startResolver({ services: SERVICES });
  });

  beforeEach((ctx) => {
    if (unavailable !== undefined) ctx.skip(unavailable);
  });

  afterAll(async () => {
    await resolver?.stop();
    await rig?.close();
  });

  const named = (service: string | undefined, port: number) =>
    service === undefined ? undefined : { namespace: 'shop', name: service, port: port === 81 ? 81 : 80 };

  test.each(CALLS)('$protocol to $ip:$port of $service', async ({ service, ip, port, protocol }) => {
    const call: PodCall = { protocol, ip, port, count: 12, requestBytes: 10 };
    const connections = await rig.call(call);
    const { there, expected } = await rig.compare(connections, named(service, port));
    expect(there).toEqual(expected);
    expect(Object.keys(expected)).toHaveLength(12);
  });
});
