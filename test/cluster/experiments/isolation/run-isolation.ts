import { communityId } from '../../../../services/core/community-id.ts';
import { parseIp } from '../../../../services/core/ip-address.ts';
import { TCP, UDP } from '../../../../services/core/protocol.ts';
import type { NodeCluster } from '../../nodes/node-cluster.ts';
import type { ExperimentBed } from '../experiment-bed.ts';
import { askUntil, FLOW_STREAM, flowsFound } from '../flow-search.ts';
import type { TrafficPod } from '../pods/traffic-pods.ts';
import { TrafficPods } from '../pods/traffic-pods.ts';
import { World } from '../pods/world.ts';
import { readClusterFacts } from './cluster-facts.ts';
import type { JudgedFlow, PolicyDocument } from './forbidden-flows.ts';
import { judgeFlows } from './forbidden-flows.ts';
import type { CallTarget, MadeCall } from './tenant-calls.ts';
import { tenantCalls } from './tenant-calls.ts';
import { FILTERED, POLICIES, PORTS, TENANTS, WORLD } from './tenants.ts';

const DOCUMENTS_MS = 60_000;
/** With a service in front, which clients call, too. */
const BEHIND_SERVICE = 'orders/db';

export interface IsolationParameters {
  /** How often each pod calls all others. */
  readonly rounds: number;
}

export interface IsolationResult {
  readonly policies: number;
  readonly calls: number;
  /** By the generator's list. */
  readonly forbiddenCalls: number;
  readonly filteredCalls: number;
  /** Forbidden ones that were answered: no policy is enforced. */
  readonly forbiddenAnswered: number;
  /** What the documents have of it that was forbidden. */
  readonly found: readonly JudgedFlow[];
  /** Calls of the list that no document has. */
  readonly unseen: number;
  /** Forbidden calls that were not found. */
  readonly misses: readonly string[];
  /** Flows that were found, and were allowed or no calls of the list at all. */
  readonly falsePositives: readonly JudgedFlow[];
  /** Calls that the packet filter dropped, and what the documents say of them. */
  readonly filtered: readonly JudgedFlow[];
}

/** Pods of several tenants call one another, whatever policies say; the documents tell what these forbade. */
export async function runIsolation(
  { cluster, stores }: ExperimentBed,
  parameters: IsolationParameters,
): Promise<IsolationResult> {
  const pods = new TrafficPods(cluster);
  const { router } = cluster.network;
  const world = await World.start(router, Object.values(WORLD), [`tcp:${PORTS.http.port}`]);
  try {
    const running = await startTenants(cluster, pods);
    const targets = await targetsOf(cluster, running);
    const unblock = await dropFiltered(cluster, running);
    const sinceMs = Date.now();
    const made: MadeCall[] = [];
    for (let round = 0; round < parameters.rounds; round++) {
      const turns = running.map(async (pod) => {
        const calls = tenantCalls(pod, targets, round);
        const outcomes = await pods.call(
          pod,
          calls.map(({ wanted }) => wanted),
        );
        made.push(...calls.map((call, index) => ({ ...call, outcome: outcomes[index] })));
      });
      await Promise.all(turns);
    }
    await unblock();
    const addresses = new Map(running.map((pod) => [nameOf(pod), pod.ip]));
    const keyed = new Map(made.map((call) => [communityIdOf(call, addresses), call]));
    const documents = await askUntil(
      () => flowsFound<PolicyDocument>(stores.elasticsearch.url, FLOW_STREAM, queryOf(sinceMs)),
      (found) => {
        const seen = new Set(found.map(({ network }) => network.community_id));
        return [...keyed.keys()].every((id) => seen.has(id));
      },
      DOCUMENTS_MS,
    );
    return resultOf(keyed, judgeFlows(documents, await readClusterFacts(cluster)));
  } finally {
    await world.stop();
    await pods.close();
  }
}

function resultOf(calls: ReadonlyMap<string, MadeCall>, flows: readonly JudgedFlow[]): IsolationResult {
  const made = [...calls.values()];
  const forbidden = made.filter(({ isForbidden }) => isForbidden);
  const found = flows.filter(({ denials }) => denials.length > 0);
  const foundIds = new Set(found.map(({ communityId: id }) => id));
  const seenIds = new Set(flows.map(({ communityId: id }) => id));
  return {
    policies: POLICIES.length,
    calls: made.length,
    forbiddenCalls: forbidden.length,
    filteredCalls: made.filter(({ isFiltered }) => isFiltered).length,
    forbiddenAnswered: forbidden.filter(({ outcome }) => outcome.answer !== undefined).length,
    found,
    unseen: [...calls.keys()].filter((id) => !seenIds.has(id)).length,
    misses: [...calls]
      .filter(([id, { isForbidden }]) => isForbidden && !foundIds.has(id))
      .map(([, { source, destination, port }]) => `${source} -> ${destination} ${port}`),
    falsePositives: found.filter(({ communityId: id }) => calls.get(id)?.isForbidden !== true),
    filtered: flows.filter(({ communityId: id }) => calls.get(id)?.isFiltered === true),
  };
}

async function startTenants(cluster: NodeCluster, pods: TrafficPods): Promise<readonly TrafficPod[]> {
  for (const { namespace, labels } of TENANTS) await pods.addNamespace(namespace, labels);
  await cluster.create(
    ...POLICIES.map((policy) => ({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', ...policy })),
    serviceObject(),
  );
  const ports = Object.entries(PORTS);
  const task = ['serve', ...ports.map(([, { protocol, port }]) => `${protocol.toLowerCase()}:${port}`)];
  const names = TENANTS.flatMap((tenant) =>
    tenant.pods.map((name) => ({ name, namespace: tenant.namespace })),
  );
  return pods.start(
    names.map(({ name, namespace }, index) => ({
      name,
      namespace,
      node: cluster.nodes[index % cluster.nodes.length].place.name,
      task,
      labels: { app: name },
      ports: ports.map(([portName, { protocol, port }]) => ({
        name: portName,
        protocol,
        containerPort: port,
      })),
    })),
  );
}

function serviceObject(): object {
  const [namespace, name] = BEHIND_SERVICE.split('/');
  const ports = Object.entries(PORTS).map(([portName, { protocol, port }]) => ({
    name: portName,
    protocol,
    port,
  }));
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports },
  };
}

async function targetsOf(
  cluster: NodeCluster,
  running: readonly TrafficPod[],
): Promise<readonly CallTarget[]> {
  const [namespace, name] = BEHIND_SERVICE.split('/');
  const path = 'jsonpath={.spec.clusterIP}';
  const serviceIp = await cluster.kubectl(['-n', namespace, 'get', 'service', name, '-o', path]);
  return [
    ...running.map((pod) => ({
      name: nameOf(pod),
      ip: pod.ip,
      ...(nameOf(pod) === BEHIND_SERVICE && { serviceIp }),
    })),
    ...Object.entries(WORLD).map(([place, ip]) => ({ name: place, ip })),
  ];
}

/** @returns what takes the rule away */
async function dropFiltered(
  cluster: NodeCluster,
  running: readonly TrafficPod[],
): Promise<() => Promise<void>> {
  const podOf = (name: string): TrafficPod => running.find((pod) => nameOf(pod) === name)!;
  const [source, destination] = [podOf(FILTERED.source), podOf(FILTERED.destination)];
  const { protocol, port } = PORTS[FILTERED.port];
  const ends = ['-s', source.ip, '-d', destination.ip, '-p', protocol.toLowerCase(), '--dport', String(port)];
  const node = cluster.nodes.find(({ place }) => place.name === destination.node)!;
  const change = (action: '-I' | '-D'): Promise<string> =>
    node.run('iptables', '-w', action, 'FORWARD', ...ends, '-j', 'DROP');
  await change('-I');
  return async () => {
    await change('-D');
  };
}

/** Of the pods themselves, as documents have it after translation. */
function communityIdOf(
  { source, destination, wanted }: MadeCall,
  addresses: ReadonlyMap<string, string>,
): string {
  return communityId({
    protocol: wanted.protocol === 'udp' ? UDP : TCP,
    sourceAddress: parseIp(addresses.get(source) ?? '')!,
    destinationAddress: parseIp(addresses.get(destination) ?? wanted.host)!,
    sourcePort: wanted.localPort ?? 0,
    destinationPort: wanted.port,
  });
}

function queryOf(sinceMs: number): object {
  const namespaces = TENANTS.map(({ namespace }) => namespace);
  const ofTenants = ['source', 'destination'].map((side) => ({
    terms: { [`${side}.kubernetes.namespace`]: namespaces },
  }));
  return {
    bool: {
      filter: [
        { terms: { 'network.transport': ['tcp', 'udp'] } },
        { range: { 'event.start': { gte: new Date(sinceMs).toISOString() } } },
        { bool: { should: ofTenants, minimum_should_match: 1 } },
      ],
    },
  };
}

function nameOf({ namespace, name }: TrafficPod): string {
  return `${namespace}/${name}`;
}
