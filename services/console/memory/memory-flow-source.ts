import type {
  Edges,
  EdgesQuery,
  FlowDocument,
  FlowFilter,
  FlowHistory,
  FlowSource,
  Flows,
  FlowsQuery,
  Names,
  Probes,
  Split,
  SplitQuery,
} from '../flow-source.ts';
import { MAX_WINDOWS } from '../shape/limits.ts';
import { compareProbes, probeState } from '../shape/probe-state.ts';
import { textAt } from '../shape/read-document.ts';
import { edgeFields, shapeEdges } from '../shape/shape-edges.ts';
import { shapeNames } from '../shape/shape-names.ts';
import { LABEL_SAMPLE, labelsOf, shapeSplit, splitFields, splitFilter } from '../shape/shape-split.ts';
import { groupDocuments } from './group-documents.ts';
import { matcher } from './matches.ts';
import { pageOf } from './page-of.ts';

const FLOWS = 'logs-flowtap.flow-';
const PEERS = 'flowtap-peer-';
const PROBES = 'metrics-flowtap.probe-';

/** Documents in memory, for the demo and a first try: the newest of each kind. */
export class MemoryFlowSource implements FlowSource {
  readonly #maxDocuments: number;
  readonly #documents = new Map<string, FlowDocument[]>([FLOWS, PEERS, PROBES].map((kind) => [kind, []]));

  /** @param maxDocuments of flows, of their other ends, and of heartbeats; the oldest go first */
  constructor(maxDocuments: number) {
    this.#maxDocuments = maxDocuments;
  }

  /** Takes a document of one of flowtap's streams; those of other streams are not looked at. */
  add(stream: string, document: FlowDocument): void {
    for (const [kind, documents] of this.#documents) {
      if (!stream.startsWith(kind)) continue;
      documents.push(document);
      if (documents.length > this.#maxDocuments) documents.shift();
    }
  }

  async edges(query: EdgesQuery): Promise<Edges> {
    const groups = groupDocuments(this.#matching(FLOWS, query.filter), edgeFields(query));
    return shapeEdges({ groups, isPartial: false }, query);
  }

  async split(query: SplitQuery): Promise<Split> {
    const documents = this.#matching(FLOWS, splitFilter(query));
    const groups = groupDocuments(documents, splitFields(query));
    return shapeSplit(
      { groups, isPartial: false },
      query,
      labelsOf(newestFirst(documents).slice(0, LABEL_SAMPLE)),
    );
  }

  async flows(query: FlowsQuery): Promise<Flows> {
    return pageOf(this.#matching(FLOWS, query.filter), query);
  }

  async flow(flowId: string, filter: FlowFilter): Promise<FlowHistory> {
    const documents = this.#matching(FLOWS, filter).filter(
      (document) => textAt(document, 'flow.id') === flowId,
    );
    const communityIds = new Set(documents.map((document) => textAt(document, 'network.community_id')));
    const windows = new Set(documents.map((document) => textAt(document, 'flowtap.window.start')));
    const peers = this.#matching(PEERS, filter).filter(
      (peer) =>
        communityIds.has(textAt(peer, 'network.community_id')) &&
        windows.has(textAt(peer, 'flowtap.window.start')),
    );
    return {
      documents: newestFirst(documents).slice(0, MAX_WINDOWS).reverse(),
      peers: newestFirst(peers).slice(0, MAX_WINDOWS).reverse(),
      isPartial: documents.length > MAX_WINDOWS,
    };
  }

  async probes(filter: FlowFilter): Promise<Probes> {
    const { fromMs, toMs } = filter;
    const newest = new Map<string | undefined, FlowDocument>();
    for (const heartbeat of newestFirst(this.#matching(PROBES, { fromMs, toMs }))) {
      const id = textAt(heartbeat, 'agent.id');
      if (!newest.has(id)) newest.set(id, heartbeat);
    }
    return { probes: [...newest.values()].map(probeState).sort(compareProbes), isPartial: false };
  }

  async names(filter: FlowFilter): Promise<Names> {
    const { fromMs, toMs } = filter;
    const documents = this.#matching(FLOWS, { fromMs, toMs });
    return shapeNames((fields) => ({ groups: groupDocuments(documents, fields), isPartial: false }));
  }

  #matching(kind: string, filter: FlowFilter): FlowDocument[] {
    return (this.#documents.get(kind) ?? []).filter(matcher(filter));
  }
}

/** By their time; those of one time as they came, the last first. */
function newestFirst(documents: readonly FlowDocument[]): FlowDocument[] {
  const timeOf = (document: FlowDocument): number => Date.parse(textAt(document, '@timestamp') ?? '');
  return documents.toReversed().sort((a, b) => timeOf(b) - timeOf(a));
}
