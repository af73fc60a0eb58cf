import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { kubernetesUnavailable } from '../servers/kubernetes-programs.ts';
import { makeRunFolder } from '../servers/run-folder.ts';
import { until } from '../support/until.ts';
import { allObjects } from './all-objects.ts';
import type { FlowDocument } from './flowtap-cluster.ts';
import { buildClusterImages, clusterImagesUnavailable } from './nodes/cluster-images.ts';
import { ClusterNetwork } from './nodes/cluster-network.ts';
import type { ApplicationAnswer } from './nodes/cluster-pods.ts';
import { ClusterPods, communityIdOf } from './nodes/cluster-pods.ts';
import { ClusterStores, clusterStoresUnavailable } from './nodes/cluster-stores.ts';
import { FlowtapRelease, RELEASE } from './nodes/flowtap-release.ts';
import { NodeCluster, nodesUnavailable } from './nodes/node-cluster.ts';
import { runningContainers } from './nodes/pod-view.ts';

const START_MS = 900_000;
const LIFE_MS = 300_000;
/** CAP_NET_RAW of linux/capability.h is bit 13. */
const NET_RAW_ALONE = 1n << 13n;
const REPLICAS = 3;
const REQUESTS = 30;
const POLL = { interval: 500, timeout: 120_000 };

const unavailable =
  nodesUnavailable() ??
  clusterImagesUnavailable() ??
  clusterStoresUnavailable() ??
  kubernetesUnavailable('helm');

let cluster: NodeCluster;
let stores: ClusterStores;
let pods: ClusterPods;
let release: FlowtapRelease;
let before: readonly string[];

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

beforeAll(async () => {
  if (unavailable !== undefined) return;
  const images = await buildClusterImages(makeRunFolder('archives'));
  const network = new ClusterNetwork();
  [cluster, stores] = await Promise.all([
    NodeCluster.start({ nodes: 2, images, network }),
    ClusterStores.start(network.machineAddress),
  ]);
  pods = new ClusterPods(cluster);
  release = new FlowtapRelease(cluster, [
    ...stores.chartSettings,
    'clusterName=two-nodes',
    'webhook.replicas=1',
    'probe.settings.FLOWTAP_WINDOW=2s',
  ]);
}, START_MS);

afterAll(async () => {
  await cluster?.stop();
  await stores?.stop();
});

/** All with the release's name but the namespace, which is the user's. */
function objectsOfRelease(): readonly string[] {
  const ofNamespace = / (flowtap\/(default|kube-root-ca.crt)|\/flowtap)$/;
  return allObjects(cluster.plane).filter((each) => each.includes(RELEASE) && !ofNamespace.test(each));
}

/** The documents of requests that the client made, as soon as each has one. */
async function documentsOf(
  answers: readonly ApplicationAnswer[],
  protocol: 'http' | 'udp',
): Promise<ReadonlyMap<ApplicationAnswer, readonly FlowDocument[]>> {
  const addresses = new Map(
    (await pods.list('shop')).map(({ metadata, status }) => [metadata.name, status.podIP]),
  );
  const idOf = (answer: ApplicationAnswer): string =>
    communityIdOf(answer, String(addresses.get(answer.pod)), protocol);
  const ids = new Map(answers.map((answer) => [answer, idOf(answer)]));
  const query = { terms: { 'network.community_id': [...ids.values()] } };
  const search = async (): Promise<readonly FlowDocument[]> => {
    const response = await fetch(`${stores.elasticsearch.url}/logs-flowtap.flow-*/_search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ size: 1000, query }),
    });
    const { hits } = (await response.json()) as { hits?: { hits: { _source: FlowDocument }[] } };
    return (hits?.hits ?? []).map(({ _source }) => _source);
  };
  const found = new Map<ApplicationAnswer, readonly FlowDocument[]>();
  await until(async () => {
    await fetch(`${stores.elasticsearch.url}/logs-flowtap.flow-*/_refresh`, { method: 'POST' });
    const documents = await search();
    for (const [answer, id] of ids) {
      found.set(
        answer,
        documents.filter(({ network }) => network.community_id === id),
      );
    }
    return [...found.values()].every(({ length }) => length > 0);
  });
  return found;
}

/** Whether the probes of all pods see packets, which a container without a readiness probe does not tell. */
async function areCapturing(): Promise<boolean> {
  const logs = (await pods.list('shop')).map(({ metadata }) =>
    cluster.kubectl(['-n', 'shop', 'logs', metadata.name, '-c', 'flowtap-probe']),
  );
  return (await Promise.all(logs)).every((log) => log.includes('"message":"capturing"'));
}

/** Each request is one flow, of the client to the pod that answered, through the service. */
async function expectDocuments(
  answers: readonly ApplicationAnswer[],
  protocol: 'http' | 'udp',
): Promise<void> {
  const found = await documentsOf(answers, protocol);
  const shown = [...found].map(([answer, documents]) => ({
    pod: answer.pod,
    flows: new Set(documents.map(({ flow }) => flow.id)).size,
    degraded: documents.flatMap(({ flowtap }) => flowtap.enrichment?.degraded ?? []),
    named: [...new Set(documents.map(namesOf))],
  }));
  const wanted = answers.map(({ pod }) => ({
    pod,
    flows: 1,
    degraded: [],
    named: [`shop/client -> web -> shop/${pod}`],
  }));
  expect(shown).toEqual(wanted);
}

function namesOf({ source, destination }: FlowDocument): string {
  const [client, server] = [source, destination].map(({ kubernetes }) => kubernetes?.pod);
  const service = destination.kubernetes?.service?.name;
  return `${client?.namespace}/${client?.name} -> ${service} -> ${server?.namespace}/${server?.name}`;
}

/** How many requests the pods of the service say they have served. */
async function served(protocol: 'http' | 'udp'): Promise<number> {
  const backends = await pods.list('shop', '-l', 'app=web');
  const counts = await Promise.all(
    backends.map(async ({ status }) => {
      const [answer] = await pods.call('shop', `http://${status.podIP}:8080/served`, 1);
      return (answer as unknown as Readonly<Record<typeof protocol, number>>)[protocol];
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

test('nodes are ready, and pods of one reach pods of the other by a name', async () => {
  const nodes = JSON.parse(await cluster.kubectl(['get', 'nodes', '-o', 'json'])).items;
  const ready = nodes.map(({ metadata, status }: { metadata: { name: string }; status: NodeStatus }) => [
    metadata.name,
    status.conditions.find(({ type }) => type === 'Ready')?.status,
  ]);
  expect(ready).toEqual([
    ['node-1', 'True'],
    ['node-2', 'True'],
  ]);
  await cluster.kubectl(['create', 'namespace', 'plain']);
  await pods.startApplication('plain', 2);
  const nodeOf = new Map(
    (await pods.list('plain')).map(({ metadata, spec }) => [metadata.name, spec.nodeName]),
  );
  for (const url of ['http://web.plain.svc.cluster.local/', 'udp://web:80']) {
    const answers = await pods.call('plain', url, 20);
    expect(new Set(answers.map(({ pod }) => nodeOf.get(pod)))).toEqual(new Set(['node-1', 'node-2']));
    // Nothing on the way gives the caller another address.
    for (const { port, localPort } of answers) expect(port).toBe(localPort);
  }
  await cluster.kubectl(['delete', 'namespace', 'plain', '--wait=false']);
});

interface NodeStatus {
  readonly conditions: readonly { readonly type: string; readonly status: string }[];
}

test(
  'the chart is installed, and pods of an annotated namespace get a probe with NET_RAW alone',
  async () => {
    before = objectsOfRelease();
    await release.install();
    await release.check();
    await cluster.kubectl(['create', 'namespace', 'shop']);
    await cluster.kubectl(['annotate', 'namespace', 'shop', 'flowtap.dev/capture=enabled']);
    await pods.startApplication('shop', REPLICAS);
    const made = await pods.list('shop');
    expect(new Set(made.map(({ spec }) => spec.nodeName))).toEqual(new Set(['node-1', 'node-2']));
    for (const pod of made) {
      expect(pod.spec.initContainers).toMatchObject([{ name: 'flowtap-probe', restartPolicy: 'Always' }]);
      const [probe] = pod.status.initContainerStatuses ?? [];
      const privileges = () => pods.privilegesOf(pod, probe);
      expect(await privileges()).toMatchObject({
        userId: 65_532,
        noNewPrivileges: true,
        isFiltered: true,
        bounding: NET_RAW_ALONE,
        permitted: NET_RAW_ALONE,
      });
      // The program raises it when it has started.
      await expect.poll(async () => (await privileges()).effective, POLL).toBe(NET_RAW_ALONE);
    }
    await expect.poll(areCapturing, POLL).toBe(true);
  },
  LIFE_MS,
);

test.each([
  ['http', 'http://web/'],
  ['udp', 'udp://web:80'],
] as const)(
  'each request over %s is one document, with client, service and the pod that answered',
  async (protocol, url) => {
    const servedBefore = await served(protocol);
    const answers = await pods.call('shop', url, REQUESTS);
    expect((await served(protocol)) - servedBefore).toBe(REQUESTS);
    expect(new Set(answers.map(({ pod }) => pod)).size).toBe(REPLICAS);
    await expectDocuments(answers, protocol);
  },
  LIFE_MS,
);

test(
  'after an upgrade likewise',
  async () => {
    await release.upgrade('logLevel=debug', 'webhook.replicas=2');
    await expectDocuments(await pods.call('shop', 'http://web/', REQUESTS), 'http');
  },
  LIFE_MS,
);

/** Containers of flowtap that run, in its own pods and in others. */
async function ourContainers() {
  const all = [...(await pods.list(RELEASE)), ...(await pods.list('shop'))];
  const staying = all.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return staying.flatMap((pod) =>
    runningContainers(pod)
      .filter(({ name }) => name !== 'app')
      .map((container) => ({ key: `${pod.metadata.name}/${container.name}`, pod, container })),
  );
}

test(
  'and after each container of ours was killed',
  async () => {
    const ours = await ourContainers();
    expect(new Set(ours.map(({ container }) => container.name))).toEqual(
      new Set(['enrichment', 'flowtap-probe', 'kubeagent', 'resolver', 'webhook']),
    );
    await Promise.all(ours.map(({ pod, container }) => pods.kill(pod, container)));
    const restarts = new Map(ours.map(({ key, container }) => [key, container.restartCount]));
    const isStartedAgain = async (): Promise<boolean> =>
      (await ourContainers()).filter(
        ({ key, container }) => container.ready && container.restartCount > Number(restarts.get(key)),
      ).length === ours.length;
    await expect.poll(isStartedAgain, POLL).toBe(true);
    await expect.poll(areCapturing, POLL).toBe(true);
    await expectDocuments(await pods.call('shop', 'http://web/', REQUESTS), 'http');
  },
  LIFE_MS,
);

test(
  'uninstalled, it leaves nothing, and captured pods go on',
  async () => {
    await release.uninstall();
    await expect.poll(() => objectsOfRelease(), POLL).toEqual(before);
    const answers = await pods.call('shop', 'http://web/', REQUESTS);
    expect(new Set(answers.map(({ pod }) => pod)).size).toBe(REPLICAS);
  },
  LIFE_MS,
);
