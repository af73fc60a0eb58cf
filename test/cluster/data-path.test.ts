import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { communityId } from '../../services/core/community-id.ts';
import { parseIp } from '../../services/core/ip-address.ts';
import { TCP, UDP } from '../../services/core/protocol.ts';
import type { PodAnswer } from '../integration/pods/pod-process.ts';
import { PodProcess } from '../integration/pods/pod-process.ts';
import type { WantedPod } from './cluster-objects.ts';
import type { FlowDocument } from './flowtap-cluster.ts';
import { FlowtapCluster, flowtapClusterUnavailable } from './flowtap-cluster.ts';

const START_MS = 180_000;
const WAIT = { timeout: 20_000, interval: 300 };

const SERVICE = { ipv4: '10.96.0.80', ipv6: 'fd00:96::80' } as const;
const REQUESTS = 12;
const BACKENDS = ['web-0', 'web-1', 'web-2'];
const CALLS = [
  { protocol: 'tcp', family: 'ipv4' },
  { protocol: 'udp', family: 'ipv4' },
  { protocol: 'tcp', family: 'ipv6' },
  { protocol: 'udp', family: 'ipv6' },
] as const;

const unavailable = flowtapClusterUnavailable();

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

describe('requests through a service', () => {
  let cluster: FlowtapCluster;
  const answers = new Map<string, readonly PodAnswer[]>();
  let addresses: ReadonlyMap<string, { readonly ipv4: string; readonly ipv6: string }>;
  let main: readonly FlowDocument[];
  let peer: readonly FlowDocument[];

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    cluster = new FlowtapCluster();
    await cluster.startServers();
    const namespaces = ['caller', ...BACKENDS].map((name) => cluster.network.addPod(name));
    addresses = new Map(namespaces.map(({ name, ipv4, ipv6 }) => [name, { ipv4, ipv6 }]));
    const ports = [
      { name: 'tcp', protocol: 'TCP', port: 80, targetPort: 8080 },
      { name: 'udp', protocol: 'UDP', port: 80, targetPort: 8080 },
    ] as const;
    cluster.objects.addDeployment('web');
    const pods: WantedPod[] = namespaces.map(({ name, ipv4, ipv6 }) => ({
      name,
      addresses: [ipv4, ipv6],
      monitored: true,
      labels: { app: name === 'caller' ? 'caller' : 'web', 'app.kubernetes.io/name': name },
      ...(name === 'caller' ? {} : { deployment: 'web' }),
    }));
    const uids = new Map(pods.map((pod) => [pod.name, cluster.objects.addPod(pod)]));
    cluster.objects.addService(
      { name: 'web', addresses: [SERVICE.ipv4, SERVICE.ipv6], ports },
      pods.slice(1),
    );
    for (const { protocol, family } of CALLS) {
      cluster.network.addService(
        { ip: SERVICE[family], protocol, port: 80, targetPort: 8080 },
        namespaces.slice(1),
      );
    }
    await cluster.startServices();
    await Promise.all(namespaces.map((pod) => cluster.startProbe(pod, uids.get(pod.name) ?? '')));
    const [caller, ...backends] = await Promise.all(
      namespaces.map(({ namespace }) => PodProcess.start(namespace)),
    );
    await Promise.all(backends.map((backend, index) => backend.serve(8080, BACKENDS[index])));
    for (const { protocol, family } of CALLS) {
      const call = { protocol, ip: SERVICE[family], port: 80, count: REQUESTS, requestBytes: 200 };
      answers.set(`${protocol} ${family}`, await caller.call(call));
    }
    await cluster.stopProbes();
    await vi.waitFor(async () => {
      main = (await cluster.documents('logs-flowtap.flow-*')).filter(isRequest);
      peer = (await cluster.documents('flowtap-peer-*')).filter(isRequest);
      expect(connections(main)).toHaveLength(CALLS.length * REQUESTS);
      expect(connections(peer)).toHaveLength(CALLS.length * REQUESTS);
    }, WAIT);
  }, START_MS);

  afterAll(() => cluster?.close(), START_MS);

  test.each(CALLS)('over $protocol and $family name client, service and the pod that answered', (call) => {
    const { protocol, family } = call;
    for (const answer of answers.get(`${protocol} ${family}`) ?? []) {
      const source = { ip: addresses.get('caller')![family], port: answer.localPort };
      const real = { ip: addresses.get(answer.name)![family], port: 8080 };
      const documents = main.filter(
        ({ network, source: { ip, port } }) =>
          network.transport === protocol && ip === source.ip && port === answer.localPort,
      );
      expect(documents.length).toBeGreaterThan(0);
      for (const document of documents) {
        expect(document).toMatchObject({
          network: { community_id: idOf(protocol, source, real) },
          source: { kubernetes: { pod: { name: 'caller', namespace: 'shop', labels: { app: 'caller' } } } },
          destination: {
            ...real,
            kubernetes: {
              pod: { name: answer.name, labels: { app: 'web', 'app.kubernetes.io/name': answer.name } },
              service: { name: 'web' },
              workload: { kind: 'Deployment', name: 'web' },
            },
          },
          flowtap: {
            original: {
              community_id: idOf(protocol, source, { ip: SERVICE[family], port: 80 }),
              destination: { ip: SERVICE[family], port: 80 },
            },
            nat: { evidence: 'conntrack' },
          },
        });
      }
    }
  });

  test('add up to what each of the pods behind it has counted', () => {
    const counted = BACKENDS.map(
      (name) => [...answers.values()].flat().filter((answer) => answer.name === name).length,
    );
    const seen = BACKENDS.map(
      (name) =>
        connections(main.filter(({ destination }) => destination.kubernetes?.pod?.name === name)).length,
    );
    expect(seen).toEqual(counted);
  });

  test('count once where both ends have a probe, and both observations say the same', () => {
    expect(new Set(connections(main))).toEqual(new Set(connections(peer)));
    expect(sumOfBytes(main)).toBe(sumOfBytes(peer));
  });

  test('leave out what the probes deliver themselves', () => {
    const { machineAddress } = cluster.network;
    const own = [...main, ...peer].filter(
      ({ source, destination }) => source.ip === machineAddress || destination.ip === machineAddress,
    );
    expect(own).toEqual([]);
  });
});

/** Not what hosts say to find one another. */
function isRequest({ network }: FlowDocument): boolean {
  return network.transport === 'tcp' || network.transport === 'udp';
}

/** The Community IDs, each once. */
function connections(documents: readonly FlowDocument[]): readonly string[] {
  return [...new Set(documents.map(({ network }) => network.community_id))];
}

function sumOfBytes(documents: readonly FlowDocument[]): number {
  return documents.reduce((sum, { network }) => sum + network.bytes, 0);
}

function idOf(
  protocol: string,
  source: { readonly ip: string; readonly port: number },
  destination: { readonly ip: string; readonly port: number },
): string {
  return communityId({
    protocol: protocol === 'tcp' ? TCP : UDP,
    sourceAddress: parseIp(source.ip)!,
    destinationAddress: parseIp(destination.ip)!,
    sourcePort: source.port,
    destinationPort: destination.port,
  });
}
