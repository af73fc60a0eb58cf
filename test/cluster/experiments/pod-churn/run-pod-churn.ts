import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterNode } from '../../nodes/cluster-node.ts';
import type { NodeCluster } from '../../nodes/node-cluster.ts';
import type { PodAddresses } from '../../nodes/node-settings.ts';
import type { ExperimentBed } from '../experiment-bed.ts';
import { askUntil, FLOW_STREAM, flowsFound, PEER_STREAM } from '../flow-search.ts';
import type { TrafficLogLine } from '../pods/traffic-call.mts';
import { TrafficPods } from '../pods/traffic-pods.ts';
import type { ChurnDocument, JudgedName, Verdict } from './judged-name.ts';
import { TruthLog } from './judged-name.ts';
import type { Life } from './tenant-slots.ts';
import { runSlot } from './tenant-slots.ts';

const NAMESPACE = 'pod-churn';
const PORTS = ['tcp:8080', 'udp:8081'];
const FIRST_HOST = 200;
/** Of a node, where its own `/var/lib` is. */
const LOG_FOLDER = 'pod-churn';
const DOCUMENTS_MS = 60_000;

export interface PodChurnParameters {
  /** Pods at once on each node. They have one address more than they are. */
  readonly slots: number;
  /** Pods one after the other, of each slot. */
  readonly lives: number;
  readonly lifeMs: number;
}

export interface PodChurnResult {
  readonly pods: number;
  readonly addresses: number;
  /** The pods that each address had. */
  readonly tenants: readonly { readonly ip: string; readonly pods: number }[];
  readonly documents: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly byEvidence: Readonly<Record<string, Readonly<Partial<Record<Verdict, number>>>>>;
  readonly wrong: readonly JudgedName[];
  /** The pods that had addresses of wrong names. */
  readonly livesOfWrong: readonly Life[];
  /** Ends at these addresses of which no pod wrote down anything. */
  readonly notJudged: number;
  readonly logLines: number;
  readonly seconds: number;
}

/** Pods come and go on few addresses while all of them, and pods that stay, call all of these addresses. */
export async function runPodChurn(
  { cluster, stores }: ExperimentBed,
  parameters: PodChurnParameters,
): Promise<PodChurnResult> {
  const { slots, lives, lifeMs } = parameters;
  const pods = new TrafficPods(cluster);
  const nodes = cluster.nodes.slice(0, 2);
  const ranges = await Promise.all(nodes.map((node) => podRangeOf(cluster, node)));
  const addresses = ranges.flatMap((range) =>
    Array.from({ length: slots + 1 }, (_, index) => hostOf(range, FIRST_HOST + index)),
  );
  const task = ['live', ...PORTS, '--', ...addresses];
  const logFolder = `/var/lib/${LOG_FOLDER}`;
  try {
    for (const node of nodes) await node.run('install', '-d', '-m', '1777', logFolder);
    await pods.addNamespace(NAMESPACE);
    await pods.start(
      nodes.map(({ place }) => ({
        name: `stays-on-${place.name}`,
        namespace: NAMESPACE,
        node: place.name,
        task,
        logFolder,
      })),
    );
    for (const [index, node] of nodes.entries()) node.networkPods(ranges[index], fewOf(ranges[index], slots));
    const sinceMs = Date.now();
    const running = nodes.flatMap((node) =>
      Array.from({ length: slots }, (_, slot) =>
        runSlot({
          ...{ cluster, node, lives, lifeMs, task, logFolder },
          namespace: NAMESPACE,
          name: `tenant-${node.place.name}-${slot}`,
        }),
      ),
    );
    await Promise.allSettled(running);
    const had = (await Promise.all(running)).flat();
    const endMs = Date.now();
    for (const [index, node] of nodes.entries()) node.networkPods(ranges[index]);
    await pods.close();
    const find = (): Promise<readonly ChurnDocument[]> =>
      flowsFound(stores.elasticsearch.url, `${FLOW_STREAM},${PEER_STREAM}`, queryOf(addresses, sinceMs));
    let before = -1;
    const documents = await askUntil(
      find,
      (found) => {
        const isSame = found.length === before;
        before = found.length;
        return isSame && Date.now() > endMs + DOCUMENTS_MS / 4;
      },
      DOCUMENTS_MS,
    );
    const lines = nodes.flatMap(readLogs);
    return { ...resultOf(documents, lines, addresses, had), seconds: (endMs - sinceMs) / 1000 };
  } finally {
    for (const [index, node] of nodes.entries()) node.networkPods(ranges[index]);
    await pods.close();
    for (const node of nodes) await node.run('rm', '-rf', logFolder);
  }
}

function resultOf(
  documents: readonly ChurnDocument[],
  lines: readonly TrafficLogLine[],
  addresses: readonly string[],
  had: readonly Life[],
): Omit<PodChurnResult, 'seconds'> {
  const truth = new TruthLog(lines);
  const known = new Set(addresses);
  const judged = documents.flatMap((document) => truth.judge(document, known));
  const ends = documents.flatMap(({ source, destination }) => [source.ip, destination.ip]);
  const verdicts: Record<Verdict, number> = { right: 0, unknown: 0, shared: 0, wrong: 0 };
  const byEvidence: Record<string, Partial<Record<Verdict, number>>> = {};
  for (const { verdict, namedBy } of judged) {
    verdicts[verdict]++;
    byEvidence[namedBy] ??= {};
    byEvidence[namedBy][verdict] = (byEvidence[namedBy][verdict] ?? 0) + 1;
  }
  const wrong = judged.filter(({ verdict }) => verdict === 'wrong');
  return {
    pods: had.length,
    addresses: addresses.length,
    tenants: addresses.map((ip) => ({ ip, pods: had.filter((life) => life.ip === ip).length })),
    documents: documents.length,
    verdicts,
    byEvidence,
    wrong,
    livesOfWrong: had.filter(({ ip }) => wrong.some((name) => name.ip === ip)),
    notJudged: ends.filter((ip) => known.has(ip)).length - judged.length,
    logLines: lines.length,
  };
}

/** As the machine has the folder of the node. */
function readLogs(node: ClusterNode): readonly TrafficLogLine[] {
  const folder = join(node.folder, 'lib', LOG_FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as TrafficLogLine),
  );
}

async function podRangeOf(cluster: NodeCluster, { place }: ClusterNode): Promise<string> {
  return cluster.kubectl(['get', 'node', place.name, '-o', 'jsonpath={.spec.podCIDR}']);
}

function fewOf(range: string, slots: number): PodAddresses {
  return { rangeStart: hostOf(range, FIRST_HOST), rangeEnd: hostOf(range, FIRST_HOST + slots) };
}

/** Of a range of 256 addresses. */
function hostOf(range: string, host: number): string {
  return range.replace(/\.0\/24$/, `.${host}`);
}

function queryOf(addresses: readonly string[], sinceMs: number): object {
  return {
    bool: {
      filter: [
        { terms: { 'network.transport': ['tcp', 'udp'] } },
        { terms: { 'destination.port': [8080, 8081] } },
        { range: { 'event.start': { gte: new Date(sinceMs).toISOString() } } },
        { terms: { 'related.ip': addresses } },
      ],
    },
  };
}
