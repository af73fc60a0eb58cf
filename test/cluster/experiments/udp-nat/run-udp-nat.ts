import { isDeepStrictEqual } from 'node:util';
import { decodeNatTranslation, natTranslationKey } from '../../../../services/core/nat-translation.ts';
import { systemClock } from '../../../../services/runtime/clock.ts';
import { MemcachedCache } from '../../../../services/runtime/memcached/memcached-cache.ts';
import { quietLogger } from '../../../fakes/quiet-logger.ts';
import { countedConnections } from '../../../integration/pods/counted-connections.ts';
import { until } from '../../../support/until.ts';
import type { ClusterNode } from '../../nodes/cluster-node.ts';
import type { NodeCluster } from '../../nodes/node-cluster.ts';
import type { ExperimentBed } from '../experiment-bed.ts';
import { askUntil, FLOW_STREAM, flowsFound, PEER_STREAM } from '../flow-search.ts';
import type { PodCall } from '../pods/traffic-call.mts';
import type { TrafficPod } from '../pods/traffic-pods.ts';
import { TrafficPods } from '../pods/traffic-pods.ts';
import { World } from '../pods/world.ts';
import type { ConntrackFlow, DocumentedFlow, NatDocument } from './explained-flow.ts';
import { conntrackFlow, documentedFlow, translatedFlow } from './explained-flow.ts';

const NAMESPACE = 'udp-nat';
const WORLD = '203.0.113.53';
const WORLD_PORT = 53;
const SERVICE_PORT = 53;
const SERVER_PORT = 5353;
const NODE_PORT = 30053;
const FIRST_LOCAL_PORT = 23_000;
const BYTES = 60;
const TIMEOUT_MS = 5000;
const DOCUMENTS_MS = 60_000;

/** From a pod to a service; from the world to a node's port; from a pod to the world. */
export type NatCase = 'service' | 'node-port' | 'outward';

export interface UdpNatParameters {
  /** Of each case. */
  readonly flows: number;
}

/** One flow from all sides. */
export interface ExplainedFlow {
  readonly case: NatCase;
  /** Of the node that translated it, at the same time. */
  readonly conntrack: ConntrackFlow;
  /** Whom the server says that it was called by. */
  readonly seenByServer: { readonly ip: string; readonly port: number } | undefined;
  /** The document that counts, and the other end's. */
  readonly document: DocumentedFlow | undefined;
  readonly peer: DocumentedFlow | undefined;
  /** What the resolver's entry says of the tuple that leaves the node, of outward flows. */
  readonly outside: Pick<DocumentedFlow, 'observed' | 'real'> | undefined;
  /** What is not as the kernel has it. */
  readonly differences: readonly string[];
}

export interface UdpNatResult {
  readonly flows: readonly ExplainedFlow[];
}

/** UDP through a service, through a node's port, and out to the world behind the node's address. */
export async function runUdpNat(
  { cluster, stores }: ExperimentBed,
  { flows }: UdpNatParameters,
): Promise<UdpNatResult> {
  const [clientNode, serverNode] = cluster.nodes;
  const pods = new TrafficPods(cluster);
  const world = await World.start(cluster.network.router, [WORLD], [`udp:${WORLD_PORT}:${WORLD}`]);
  const masquerade = (action: '-A' | '-D'): Promise<string> =>
    clientNode.run(...iptables(action, '-s', '10.244.0.0/16', '-d', `${WORLD}/32`, '-j', 'MASQUERADE'));
  try {
    await masquerade('-A');
    await pods.addNamespace(NAMESPACE);
    const [client] = await pods.start([
      { name: 'client', namespace: NAMESPACE, node: clientNode.place.name, task: ['serve', 'udp:9999'] },
      {
        name: 'server',
        namespace: NAMESPACE,
        node: serverNode.place.name,
        task: ['serve', `udp:${SERVER_PORT}`],
        labels: { app: 'names' },
      },
    ]);
    const serviceIp = await addService(cluster);
    const { address: nodeIp } = clientNode.place;
    const callsOf = (host: string, port: number, at: number): readonly PodCall[] =>
      Array.from({ length: flows }, (_, index) => {
        const localPort = FIRST_LOCAL_PORT + at * flows + index;
        return { protocol: 'udp', host, port, localPort, bytes: BYTES, timeoutMs: TIMEOUT_MS };
      });
    await servesAll(pods, client, serviceIp, world, nodeIp);
    const sinceMs = Date.now();
    const service = await pods.call(client, callsOf(serviceIp, SERVICE_PORT, 0));
    const outward = await pods.call(client, callsOf(WORLD, WORLD_PORT, 1));
    const nodePort = await world.call(
      callsOf(nodeIp, NODE_PORT, 2).map((call) => ({ ...call, localHost: WORLD })),
    );
    const connections = connectionsOf(clientNode);
    const cases = { service, outward, 'node-port': nodePort };
    const known = (Object.keys(cases) as NatCase[]).flatMap((name) =>
      cases[name].map(({ local, answer }) => {
        const conntrack = connections.find(
          ({ sent }) => sent.source.port === local?.port && sent.source.ip === local?.ip,
        );
        if (conntrack === undefined) throw new Error(`The node does not know ${JSON.stringify(local)}.`);
        return { case: name, conntrack, seenByServer: answer && { ip: answer.ip, port: answer.port } };
      }),
    );
    const find = (stream: string): Promise<readonly NatDocument[]> =>
      flowsFound(stores.elasticsearch.url, stream, queryOf(sinceMs));
    const ids = new Set(known.map(({ conntrack }) => conntrack.real.communityId));
    const isWhole = (documents: readonly NatDocument[], count: number): boolean =>
      new Set(documents.map(({ network }) => network.community_id).filter((id) => ids.has(id))).size >= count;
    const documents = await askUntil(
      () => find(FLOW_STREAM),
      (all) => isWhole(all, ids.size),
      DOCUMENTS_MS,
    );
    // Services alone have a probe at both ends.
    const peers = await askUntil(
      () => find(PEER_STREAM),
      (all) => isWhole(all, flows),
      DOCUMENTS_MS,
    );
    const translations = await outsideTranslations(
      memcachedOf(stores.chartSettings),
      known.filter((one) => one.case === 'outward').map(({ conntrack }) => conntrack.arrived.communityId),
    );
    const documentOf = (all: readonly NatDocument[], { real }: ConntrackFlow): DocumentedFlow | undefined => {
      const document = all.find(({ network }) => network.community_id === real.communityId);
      return document && documentedFlow(document);
    };
    return {
      flows: known.map((one) => {
        const found = {
          ...one,
          document: documentOf(documents, one.conntrack),
          peer: documentOf(peers, one.conntrack),
          outside: translations.get(one.conntrack.arrived.communityId),
        };
        return { ...found, differences: differencesOf(found) };
      }),
    };
  } finally {
    await masquerade('-D');
    await world.stop();
    await pods.close();
  }
}

/** Nodes hear of a service a moment after it is made. */
async function servesAll(
  pods: TrafficPods,
  client: TrafficPod,
  serviceIp: string,
  world: World,
  nodeIp: string,
): Promise<void> {
  const trial = { protocol: 'udp', bytes: BYTES, timeoutMs: 1000 } as const;
  await until(async () => {
    const [inside] = await pods.call(client, [{ ...trial, host: serviceIp, port: SERVICE_PORT }]);
    const [outside] = await world.call([{ ...trial, host: nodeIp, port: NODE_PORT, localHost: WORLD }]);
    return inside.answer !== undefined && outside.answer !== undefined;
  });
}

/** What of the documents is not as the kernel has it, or as the server saw it. */
function differencesOf(flow: Omit<ExplainedFlow, 'differences'>): readonly string[] {
  const { conntrack, document, peer, outside } = flow;
  const isClients = flow.case !== 'node-port';
  const isTranslated = flow.case !== 'outward';
  const service = isTranslated ? `${NAMESPACE}/names:${SERVICE_PORT}` : undefined;
  const expected: readonly (readonly [string, unknown, unknown])[] = [
    ['what the server saw', flow.seenByServer, conntrack.arrived.source],
    ['what was observed', document?.observed, isClients ? conntrack.sent : conntrack.arrived],
    ['what it really is', document?.real, conntrack.real],
    ['the evidence', document?.evidence, isTranslated ? 'conntrack' : undefined],
    ['the service', document?.service, service],
    ['the probe', document?.probe, isClients ? 'client' : 'server'],
    ["the peer's observation", peer?.observed, flow.case === 'service' ? conntrack.arrived : undefined],
    ["the peer's flow", peer?.real, flow.case === 'service' ? conntrack.real : undefined],
    ['the tuple outside', outside?.observed, isTranslated ? undefined : conntrack.arrived],
    ['what that really is', outside?.real, isTranslated ? undefined : conntrack.real],
  ];
  return expected
    .filter(([, found, wanted]) => !isDeepStrictEqual(found, wanted))
    .map(([what, found, wanted]) => `${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
}

async function addService(cluster: NodeCluster): Promise<string> {
  await cluster.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'names', namespace: NAMESPACE },
    spec: {
      type: 'NodePort',
      selector: { app: 'names' },
      ports: [
        { name: 'dns', protocol: 'UDP', port: SERVICE_PORT, targetPort: SERVER_PORT, nodePort: NODE_PORT },
      ],
    },
  });
  return cluster.kubectl(['-n', NAMESPACE, 'get', 'service', 'names', '-o', 'jsonpath={.spec.clusterIP}']);
}

function connectionsOf({ place }: ClusterNode): readonly ConntrackFlow[] {
  return countedConnections(place.namespace)
    .filter(({ protocol }) => protocol === 'udp')
    .map(conntrackFlow);
}

function iptables(action: string, ...rule: readonly string[]): [string, ...string[]] {
  return ['iptables', '-w', '-t', 'nat', action, 'POSTROUTING', ...rule];
}

function queryOf(sinceMs: number): object {
  return {
    bool: {
      filter: [
        { term: { 'network.transport': 'udp' } },
        { range: { 'event.start': { gte: new Date(sinceMs).toISOString() } } },
      ],
    },
  };
}

/** Asked under the Community IDs of the tuples that leave the node. */
async function outsideTranslations(
  address: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Pick<DocumentedFlow, 'observed' | 'real'>>> {
  const [host, port] = address.split(':');
  const cache = new MemcachedCache([{ host, port: Number(port) }], {
    clock: systemClock,
    log: quietLogger(),
  });
  try {
    const values = await cache.getMany(ids.map(natTranslationKey));
    return new Map(
      ids.flatMap((id, index) => {
        const translation = decodeNatTranslation(String(values[index]));
        return translation === undefined ? [] : [[id, translatedFlow(translation)] as const];
      }),
    );
  } finally {
    cache.close();
  }
}

function memcachedOf(settings: readonly string[]): string {
  const setting = settings.find((each) => each.startsWith('memcached.servers=')) ?? '';
  return setting.replace(/^memcached\.servers=\{(.*)\}$/, '$1');
}
