import type { ExperimentBed } from '../experiment-bed.ts';
import { askUntil, FLOW_STREAM, flowsFound, PEER_STREAM, searchFlows } from '../flow-search.ts';
import { TrafficPods } from '../pods/traffic-pods.ts';
import type { Link, LinkTruth } from './link-drops.ts';
import { LinkDrops } from './link-drops.ts';
import type { LinkLoss, LossDocument } from './loss-by-link.ts';
import { lossByLink, lossQuery } from './loss-by-link.ts';

const NAMESPACE = 'lossy-link';
const PORT = 7000;
const DOCUMENTS_MS = 90_000;

export interface LossyLinkParameters {
  /** Of nodes, in order of their names. */
  readonly drops: readonly (Link & { readonly share: number })[];
  /** Between each two nodes, each way, all at once. */
  readonly streams: number;
  readonly bytesEach: number;
  readonly bytesPerSecond: number;
}

export interface LossyLinkResult {
  readonly links: readonly LinkTruth[];
  /** By the documents, the worst first. */
  readonly found: readonly LinkLoss[];
  readonly streams: number;
  /** Streams that the other end has got whole, by its own count. */
  readonly streamsWhole: number;
  readonly seconds: number;
}

/** Streams between the pods of all nodes while some links drop packets one way. */
export async function runLossyLink(
  { cluster, stores }: ExperimentBed,
  { drops, streams, bytesEach, bytesPerSecond }: LossyLinkParameters,
): Promise<LossyLinkResult> {
  const nodes = cluster.nodes.map(({ place }) => place.name);
  const links = nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => ({ from, to })));
  const rules = new LinkDrops(cluster.network.router, links, PORT);
  const pods = new TrafficPods(cluster);
  try {
    await pods.addNamespace(NAMESPACE);
    const task = ['serve', `tcp:${PORT}`];
    const running = await pods.start(
      nodes.map((node) => ({ name: `on-${node}`, namespace: NAMESPACE, node, task })),
    );
    rules.apply(drops);
    const sinceMs = Date.now();
    const timeoutMs = Math.ceil(30_000 + (bytesEach / bytesPerSecond) * 10_000);
    const outcomes = await Promise.all(
      running.map((pod) => {
        const others = running.filter(({ node }) => node !== pod.node);
        const calls = others.flatMap(({ ip: host }) =>
          Array.from({ length: streams }, () => {
            return {
              protocol: 'tcp',
              host,
              port: PORT,
              bytes: bytesEach,
              bytesPerSecond,
              timeoutMs,
            } as const;
          }),
        );
        return pods.call(pod, calls);
      }),
    );
    const seconds = (Date.now() - sinceMs) / 1000;
    const truth = rules.read();
    rules.remove();
    const made = outcomes.flat();
    // The other end's documents may come a moment later.
    await askUntil(
      async () =>
        Promise.all(
          [FLOW_STREAM, PEER_STREAM].map((stream) => endedStreams(stores.elasticsearch.url, stream, sinceMs)),
        ),
      (ended) => ended.every((count) => count >= made.length),
      DOCUMENTS_MS,
    );
    const documents = await flowsFound<LossDocument>(
      stores.elasticsearch.url,
      `${FLOW_STREAM},${PEER_STREAM}`,
      lossQuery(PORT, sinceMs),
    );
    return {
      links: truth,
      found: lossByLink(documents),
      streams: made.length,
      streamsWhole: made.filter(({ answer: got }) => got?.bytes === bytesEach).length,
      seconds,
    };
  } finally {
    rules.remove();
    await pods.close();
  }
}

/** How many streams have a document that says that they are over. */
async function endedStreams(url: string, stream: string, sinceMs: number): Promise<number> {
  const search = {
    size: 0,
    query: { bool: { filter: [lossQuery(PORT, sinceMs), { term: { 'flow.final': true } }] } },
    aggs: { flows: { cardinality: { field: 'flow.id', precision_threshold: 40_000 } } },
  };
  interface Answer {
    readonly aggregations?: { readonly flows: { readonly value: number } };
  }
  const { aggregations } = await searchFlows<Answer>(url, stream, search);
  return aggregations?.flows.value ?? 0;
}
