import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { PodAnswer } from '../integration/pods/pod-process.ts';
import type { FlowDocument } from './flowtap-cluster.ts';
import { FlowtapCluster, flowtapClusterUnavailable } from './flowtap-cluster.ts';
import { SHOP_PORT, SHOP_SERVICE, Shop } from './shop.ts';

const START_MS = 240_000;
const REQUESTS = 8;
const CALLS = [
  { protocol: 'tcp', family: 'ipv4' },
  { protocol: 'udp', family: 'ipv4' },
  { protocol: 'tcp', family: 'ipv6' },
  { protocol: 'udp', family: 'ipv6' },
] as const;

const unavailable = flowtapClusterUnavailable();
let cluster: FlowtapCluster;
let shop: Shop;
const answers = new Map<string, readonly PodAnswer[]>();
let main: readonly FlowDocument[];
let peer: readonly FlowDocument[];

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

beforeAll(async () => {
  if (unavailable !== undefined) return;
  cluster = new FlowtapCluster();
  await cluster.startServers();
  shop = new Shop(cluster);
  // The servers' records come when they do on a machine that is busy.
  const enrichment = ['--infer-translations', '--translation-wait', '15s', '--settle', '4s'];
  await cluster.startServices({ resolver: 'none', enrichment });
  await shop.start();
  for (const { protocol, family } of CALLS) {
    const call = { protocol, ip: SHOP_SERVICE[family], port: SHOP_SERVICE.port };
    const made = await shop.process('caller').call({ ...call, count: REQUESTS, requestBytes: 200 });
    answers.set(`${protocol} ${family}`, made);
  }
  await cluster.stopProbes();
  await vi.waitFor(
    async () => {
      main = await requests('logs-flowtap.flow-*');
      peer = await requests('flowtap-peer-*');
      expect(connections(main).size).toBe(CALLS.length * REQUESTS);
      expect(connections(peer).size).toBe(CALLS.length * REQUESTS);
    },
    { timeout: 60_000, interval: 500 },
  );
}, START_MS);

afterAll(() => cluster?.close(), START_MS);

test.each(CALLS)(
  'without a resolver $protocol over $family names the pod that answered',
  ({ protocol, family }) => {
    for (const { localPort, name } of answers.get(`${protocol} ${family}`) ?? []) {
      const client = shop.pod('caller')[family];
      const documents = main.filter(
        ({ network, source }) =>
          network.transport === protocol && source.ip === client && source.port === localPort,
      );
      expect(documents.length).toBeGreaterThan(0);
      for (const document of documents) {
        expect(document).toMatchObject({
          source: { kubernetes: { pod: { name: 'caller' } } },
          destination: {
            ip: shop.pod(name)[family],
            port: SHOP_PORT,
            kubernetes: { pod: { name }, service: { name: 'web' } },
          },
          flowtap: {
            source: { named_by: 'self' },
            original: { destination: { ip: SHOP_SERVICE[family], port: SHOP_SERVICE.port } },
            nat: { evidence: 'inferred', service: { name: 'web', port: SHOP_SERVICE.port } },
          },
        });
      }
    }
  },
);

test('and both ends’ records meet, so that each conversation counts once', () => {
  expect(connections(main)).toEqual(connections(peer));
});

async function requests(streams: string): Promise<readonly FlowDocument[]> {
  const documents = await cluster.documents(streams);
  return documents.filter(({ network }) => network.transport === 'tcp' || network.transport === 'udp');
}

function connections(documents: readonly FlowDocument[]): ReadonlySet<string> {
  return new Set(documents.map(({ network }) => network.community_id));
}
