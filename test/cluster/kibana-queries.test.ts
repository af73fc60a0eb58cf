import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { readTemplateSet } from '../../services/cli/setup/template-set.ts';
import { ASN_MMDB, CITY_MMDB } from '../fixtures/geo-databases.ts';
import { PodProcess } from '../integration/pods/pod-process.ts';
import { SECURITY_CHECKS } from '../support/kibana-security/security-checks.ts';
import type { Scope } from '../support/kibana-security/security-search.ts';
import { searcher, within } from '../support/kibana-security/security-search.ts';
import type { TrueFlow, TruePlace, TruePod, Truth } from '../support/kibana-security/true-flow.ts';
import { sumOf } from '../support/kibana-security/true-flow.ts';
import { kqlToDsl } from '../support/kql/kql-to-dsl.ts';
import type { Mapping } from '../support/mapped-fields.ts';
import { mappedFields } from '../support/mapped-fields.ts';
import { NAMESPACE, NODE } from './cluster-objects.ts';
import { FlowtapCluster, flowtapClusterUnavailable } from './flowtap-cluster.ts';
import type { KnownCall, KnownParty } from './known-traffic.ts';
import { makeKnownTraffic } from './known-traffic.ts';
import { SHOP_PORT, SHOP_SERVICE, Shop } from './shop.ts';

const START_MS = 360_000;
const WINDOW_MS = 10_000;
const SITE: TruePlace = { lat: 50.11, lon: 8.68 };
/** In the databases of places, and in none. */
const NEAR = '203.0.113.9';
const FAR = '198.51.100.7';
const NEAR_PLACE: TruePlace = {
  ...{ lat: 47.37, lon: 8.54, country: 'CH' },
  asn: { number: 64_500, name: 'Example Net' },
};
const OUTSIDE_PORT = 8443;
const NODE_PORT = 9100;
const SERVICE = { name: 'web', namespace: NAMESPACE };

/** Two pods that share the node's address. */
const HOST_PODS: readonly TruePod[] = [
  { name: 'exporter', labels: { app: 'exporter', 'app.kubernetes.io/name': 'metrics' } },
  { name: 'proxy', labels: { app: 'proxy', 'app.kubernetes.io/name': 'web' } },
].map((pod) => ({ ...pod, namespace: NAMESPACE }));

const template = readTemplateSet().components.get('flowtap-flow@mappings')!;
const fields = mappedFields(template.template.mappings as Mapping);

const unavailable = flowtapClusterUnavailable();
let cluster: FlowtapCluster;
let truth: Truth;
let scope: Scope;
/** The same in the stream of what the other ends saw. */
let peerScope: Scope;

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

beforeAll(async () => {
  if (unavailable !== undefined) return;
  cluster = new FlowtapCluster();
  const { network } = cluster;
  await cluster.startServers();
  const shop = new Shop(cluster);
  for (const { name, labels } of HOST_PODS) {
    const pod = { name, labels, addresses: [network.nodeAddress], monitored: false, hostNetwork: true };
    cluster.objects.addPod(pod);
  }
  const outside = [network.addOutside('near', NEAR), network.addOutside('far', FAR)];
  await cluster.startServices({ enrichment: [...placeFlags(cluster.folder), '--settle', '4s'] });
  network.countConnections();
  await shop.start(['--window', `${WINDOW_MS}ms`]);
  const [near, far, node] = await Promise.all(
    [...outside, network.node].map((namespace) => PodProcess.start(namespace)),
  );
  await Promise.all([
    near.serve(OUTSIDE_PORT, 'near'),
    far.serve(OUTSIDE_PORT, 'far'),
    node.serve(NODE_PORT, 'node'),
  ]);
  truth = await makeKnownTraffic({
    ...{ node: network.node, nodeName: NODE, windowMs: WINDOW_MS },
    parties: partiesOf(shop, network.nodeAddress),
    calls: callsOf(shop, near, network.nodeAddress),
  });
  const { from, to } = truth;
  // What is typed into the search bar. Hosts also look for one another, in ICMPv6.
  const kql = `@timestamp > "${from}" and @timestamp <= "${to}" and not network.transport: ipv6-icmp`;
  const filter = [kqlToDsl(kql, { fields })];
  scope = { from, to, filter };
  peerScope = { from, to, filter };
  await vi.waitFor(
    async () => {
      expect(await countOf('logs-flowtap.flow-*', scope)).toBeGreaterThanOrEqual(truth.records.length);
      expect(await countOf('flowtap-peer-*', peerScope)).toBeGreaterThanOrEqual(truth.peers.length);
    },
    { timeout: 60_000, interval: 500 },
  );
}, START_MS);

afterAll(() => cluster?.close(), START_MS);

describe('with no setting but ours, Kibana Security shows what the kernel counted:', () => {
  test.each([...SECURITY_CHECKS])('$name', async ({ check }) =>
    check(searcher(cluster.elasticsearch.url), scope, truth),
  );
});

test('a byte more, or a flow less, would be noticed', async () => {
  const [first, ...others] = truth.records;
  const more = { ...first, source: { ...first.source, bytes: first.source.bytes + 1 } };
  const { check } = SECURITY_CHECKS.find(({ name }) => name === 'table of source IPs')!;
  for (const records of [[more, ...others], others]) {
    const asked = check(searcher(cluster.elasticsearch.url), scope, { ...truth, records });
    await expect(asked).rejects.toThrow();
  }
});

test('what the other ends saw is as much, where Security does not look', async () => {
  const search = searcher(cluster.elasticsearch.url, ['flowtap-peer-default']);
  const { hits, aggregations } = await search({
    query: within(peerScope),
    aggs: { bytes: { sum: { field: 'network.bytes' } } },
    track_total_hits: true,
    size: 0,
  });
  expect(hits.total?.value).toBe(truth.peers.length);
  expect(aggregations?.bytes?.value).toBe(
    sumOf(truth.peers, ({ source, destination }) => source.bytes + destination.bytes),
  );
});

const label = (pod: TruePod | undefined, key: string): string | undefined => pod?.labels[key];
const NAME = 'app.kubernetes.io/name';
/** Of a node no pod is `pod`. */
const podOf = (end: TrueFlow['source']): TruePod | undefined =>
  end.pods.length === 1 ? end.pods[0] : undefined;
const isBackend = (end: TrueFlow['source']): boolean => end.service !== undefined;

/** What is typed into the search bar, and the flows that are meant. */
const QUERIES: readonly [kql: string, isMeant: (flow: TrueFlow) => boolean][] = [
  ['source.kubernetes.pod.labels.app: caller', ({ source }) => label(podOf(source), 'app') === 'caller'],
  [
    'source.kubernetes.pod.labels.app.kubernetes.io/name: web',
    ({ source }) => label(podOf(source), NAME) === 'web',
  ],
  [
    'destination.kubernetes.pod.labels.app.kubernetes.io/name: "web"',
    ({ destination }) => label(podOf(destination), NAME) === 'web',
  ],
  [
    'destination.kubernetes.pod.labels.app.kubernetes.io/version: 1.2',
    ({ destination }) => label(podOf(destination), 'app.kubernetes.io/version') === '1.2',
  ],
  [
    'source.kubernetes.pod.labels.example.com/cost.centre: c-7',
    ({ source }) => label(podOf(source), 'example.com/cost.centre') === 'c-7',
  ],
  [
    'destination.kubernetes.pod.labels.version: can*',
    ({ destination }) => label(podOf(destination), 'version')?.startsWith('can') === true,
  ],
  ['source.kubernetes.pod.labels.app: *', ({ source }) => label(podOf(source), 'app') !== undefined],
  [
    'source.kubernetes.pod: * and not source.kubernetes.pod.labels.app: *',
    ({ source }) => podOf(source) !== undefined && label(podOf(source), 'app') === undefined,
  ],
  [
    'destination.kubernetes.pod.labels: canary',
    ({ destination }) => Object.values(podOf(destination)?.labels ?? {}).includes('canary'),
  ],
  [
    'destination.kubernetes.pods:{ labels.version: stable and labels.app.kubernetes.io/name: web }',
    ({ destination }) =>
      destination.pods.some((pod) => label(pod, 'version') === 'stable' && label(pod, NAME) === 'web'),
  ],
  [
    'destination.kubernetes.pods:{ labels.app: proxy and labels.app.kubernetes.io/name: web }',
    ({ destination }) => destination.pods.some((pod) => label(pod, 'app') === 'proxy'),
  ],
  // One pod has the one label and another the other: not the same pod.
  [
    'destination.kubernetes.pods:{ labels.app: exporter and labels.app.kubernetes.io/name: web }',
    () => false,
  ],
  [
    'destination.kubernetes.pods:{ labels.app: exporter } and destination.kubernetes.pods:{ labels.app: proxy }',
    ({ destination }) => destination.pods.length === 2,
  ],
  ['destination.kubernetes.pod.labels.app: proxy', () => false],
  [
    `destination.kubernetes.services:{ name: web and namespace: ${NAMESPACE} }`,
    ({ destination }) => isBackend(destination),
  ],
  [
    'destination.kubernetes.service.name: web and source.kubernetes.pod.name: caller and network.transport: tcp',
    ({ source, destination, transport }) =>
      isBackend(destination) && podOf(source)?.name === 'caller' && transport === 'tcp',
  ],
  ['destination.kubernetes.workload.name: web', ({ destination }) => isBackend(destination)],
  [
    'destination.kubernetes.version: canary',
    ({ destination }) => label(podOf(destination), 'version') === 'canary',
  ],
  [`destination.kubernetes.node.name: ${NODE}`, ({ destination }) => destination.pods.length > 0],
  ['flowtap.destination.named_by: node', ({ destination }) => destination.pods.length === 2],
  ['flowtap.destination.named_by: external', ({ destination }) => destination.pods.length === 0],
  ['flowtap.source.named_by: external', ({ source }) => source.pods.length === 0],
  ['destination.ip: "203.0.113.0/24"', ({ destination }) => destination.ip === NEAR],
  ['source.ip: "fd00::/8"', ({ source }) => source.ip.includes(':')],
  ['not source.port: *', ({ transport }) => transport === 'icmp'],
  ['destination.as.organization.name: "Example Net"', ({ destination }) => destination.ip === NEAR],
  ['event.category: network and event.action: network_flow', () => true],
];

describe('KQL finds exactly the flows that are meant:', () => {
  test.each(QUERIES)('%s', async (kql, isMeant) => {
    const meant = truth.records.filter(isMeant).map(({ communityId }) => communityId);
    expect(await find(kql, false)).toEqual(meant.sort());
    expect(await find(kql, true)).toEqual(meant.sort());
  });

  test('nearly all of them are about some flows and not all', () => {
    const counts = QUERIES.map(([, isMeant]) => truth.records.filter(isMeant).length);
    const some = counts.filter((count) => count > 0 && count < truth.records.length);
    expect(some.length).toBeGreaterThanOrEqual(QUERIES.length - 3);
  });
});

/** Community IDs: each flow is one record here. */
async function find(kql: string, ignoreUnmapped: boolean): Promise<string[]> {
  const { hits } = await searcher(cluster.elasticsearch.url)({
    query: within(scope, kqlToDsl(kql, { fields, ignoreUnmapped })),
    fields: ['network.community_id'],
    _source: false,
    size: 10_000,
  });
  return hits.hits.map((hit) => String(hit.fields['network.community_id'][0])).sort();
}

async function countOf(stream: string, of: Scope): Promise<number> {
  await fetch(`${cluster.elasticsearch.url}/${stream}/_refresh`, { method: 'POST' });
  const search = searcher(cluster.elasticsearch.url, [stream]);
  const { hits } = await search({ query: within(of), track_total_hits: true, size: 0 });
  return hits.total?.value ?? 0;
}

function placeFlags(folder: string): readonly string[] {
  const [city, asn] = ['city.mmdb', 'asn.mmdb'].map((name) => join(folder, name));
  writeFileSync(city, CITY_MMDB);
  writeFileSync(asn, ASN_MMDB);
  return ['--geo-city-file', city, '--geo-asn-file', asn, '--site', `${SITE.lat},${SITE.lon},Frankfurt`];
}

function partiesOf(shop: Shop, nodeAddress: string): readonly KnownParty[] {
  const pods = [...shop.pods.values()].flatMap(
    ({ name, labels, monitored, isBackend: answers, ipv4, ipv6 }) =>
      [ipv4, ipv6].map((ip) => ({
        ...{ ip, monitored, place: SITE, pods: [{ name, namespace: NAMESPACE, labels }] },
        domain: answers ? `web.${NAMESPACE}.svc.cluster.local` : name,
        ...(answers && { service: SERVICE }),
      })),
  );
  return [
    ...pods,
    { ip: nodeAddress, monitored: false, domain: NODE, pods: HOST_PODS },
    { ip: NEAR, monitored: false, place: NEAR_PLACE, pods: [] },
    { ip: FAR, monitored: false, pods: [] },
  ];
}

/** Each of them is seen by one probe at least. */
function callsOf(shop: Shop, near: PodProcess, nodeAddress: string): readonly KnownCall[] {
  const from = (name: string, family: 'ipv4' | 'ipv6' = 'ipv4') => ({
    from: shop.pod(name)[family],
    caller: shop.process(name),
  });
  const { ipv4, ipv6, port } = SHOP_SERVICE;
  return [
    { ...from('caller'), protocol: 'tcp', ip: ipv4, port, count: 6 },
    { ...from('caller'), protocol: 'udp', ip: ipv4, port, count: 4 },
    { ...from('caller', 'ipv6'), protocol: 'tcp', ip: ipv6, port, count: 4 },
    { ...from('caller', 'ipv6'), protocol: 'udp', ip: ipv6, port, count: 2 },
    { ...from('legacy'), protocol: 'tcp', ip: ipv4, port, count: 4 },
    { ...from('caller'), protocol: 'tcp', ip: shop.pod('web-0').ipv4, port: SHOP_PORT, count: 2 },
    { ...from('caller'), protocol: 'tcp', ip: shop.pod('web-2').ipv4, port: SHOP_PORT, count: 1 },
    { ...from('web-1'), protocol: 'udp', ip: shop.pod('legacy').ipv4, port: SHOP_PORT, count: 2 },
    { ...from('caller'), protocol: 'icmp', ip: shop.pod('web-1').ipv4, count: 1 },
    { ...from('caller'), protocol: 'tcp', ip: NEAR, port: OUTSIDE_PORT, count: 2 },
    { ...from('web-0'), protocol: 'tcp', ip: FAR, port: OUTSIDE_PORT, count: 1 },
    { from: NEAR, caller: near, protocol: 'tcp', ip: shop.pod('web-2').ipv4, port: SHOP_PORT, count: 2 },
    { ...from('caller'), protocol: 'tcp', ip: nodeAddress, port: NODE_PORT, count: 2 },
  ];
}
