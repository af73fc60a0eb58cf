import type { Link } from './link-drops.ts';

/** What the documents say of one direction between two nodes. */
export interface LinkLoss extends Link {
  /** Payload as it left its senders, with what was sent again. */
  readonly sentBytes: number;
  readonly lostBytes: number;
  /** Of conversations: one direction in one window each. */
  readonly windows: number;
  /** Windows whose loss was measured at both ends. */
  readonly measuredAtBoth: number;
  /** Of these, the ones that the document that counts has one end's estimate of. */
  readonly onlyInPeer: number;
  readonly unreliable: number;
}

/** What is read of a document. */
export interface LossDocument {
  readonly network: { readonly community_id: string };
  readonly orchestrator: { readonly resource: { readonly name: string } };
  readonly source: DocumentEnd;
  readonly destination: DocumentEnd;
  readonly flowtap: {
    readonly window: { readonly start: string };
    readonly tcp?: Readonly<
      Partial<Record<Side, { readonly sequence?: { readonly payload_bytes: number } }>>
    >;
    readonly loss?: Readonly<Partial<Record<Side, DirectionLoss>>>;
  };
}

interface DocumentEnd {
  readonly kubernetes?: {
    readonly pod?: { readonly name: string; readonly node?: { readonly name: string } };
  };
}

interface DirectionLoss {
  readonly bytes: number;
  readonly evidence: 'both' | 'sender' | 'receiver';
  readonly unreliable?: boolean;
}

type Side = 'source' | 'destination';
const SIDES = ['source', 'destination'] as const;

/** Finds what `lossByLink` reads: streams to a port, as both ends saw them. */
export function lossQuery(port: number, sinceMs: number): object {
  return {
    bool: {
      filter: [
        { term: { 'network.transport': 'tcp' } },
        { term: { 'destination.port': port } },
        { range: { 'event.start': { gte: new Date(sinceMs).toISOString() } } },
      ],
    },
  };
}

/**
 * Links by their share of lost payload, the worst first.
 *
 * Which of two documents of a window has `both` is a question of which record came later, so both streams are read, and
 * each window of a conversation counts once. One end's estimates do not count.
 */
export function lossByLink(documents: readonly LossDocument[]): readonly LinkLoss[] {
  const windows = Map.groupBy(
    documents,
    ({ network, flowtap }) => `${network.community_id} ${flowtap.window.start}`,
  );
  const links = new Map<string, LinkLoss>();
  for (const seen of windows.values()) {
    for (const sender of SIDES) {
      const way = windowOf(seen, sender);
      if (way === undefined) continue;
      const key = `${way.from} ${way.to}`;
      const link = links.get(key);
      links.set(key, link === undefined ? way : sum(link, way));
    }
  }
  return [...links.values()].sort((one, other) => lossShare(other) - lossShare(one));
}

export function lossShare({ sentBytes, lostBytes }: LinkLoss): number {
  return sentBytes === 0 ? 0 : lostBytes / sentBytes;
}

/** What one end sent in a window, and what of it was lost. */
function windowOf(seen: readonly LossDocument[], sender: Side): LinkLoss | undefined {
  const receiver: Side = sender === 'source' ? 'destination' : 'source';
  const nodeOf = (side: Side): string | undefined => seen[0][side].kubernetes?.pod?.node?.name;
  const [from, to] = [nodeOf(sender), nodeOf(receiver)];
  if (from === undefined || to === undefined) return undefined;
  const observedBy = (side: Side): readonly LossDocument[] =>
    seen.filter((document) => document.orchestrator.resource.name === document[side].kubernetes?.pod?.name);
  const payload = observedBy(sender).map(
    ({ flowtap }) => flowtap.tcp?.[sender]?.sequence?.payload_bytes ?? 0,
  );
  // The source's document is the one that counts.
  const measured = [observedBy('source'), observedBy('destination')].map((observed) =>
    observed
      .flatMap(({ flowtap }) => flowtap.loss?.[sender] ?? [])
      .filter(({ evidence }) => evidence === 'both'),
  );
  const losses = measured.find(({ length }) => length > 0) ?? [];
  return {
    from,
    to,
    sentBytes: payload.reduce((total, bytes) => total + bytes, 0),
    lostBytes: losses.reduce((total, { bytes }) => total + bytes, 0),
    windows: 1,
    measuredAtBoth: losses.length > 0 ? 1 : 0,
    onlyInPeer: measured[0].length === 0 && losses.length > 0 ? 1 : 0,
    unreliable: losses.some(({ unreliable }) => unreliable === true) ? 1 : 0,
  };
}

function sum(one: LinkLoss, other: LinkLoss): LinkLoss {
  return {
    from: one.from,
    to: one.to,
    sentBytes: one.sentBytes + other.sentBytes,
    lostBytes: one.lostBytes + other.lostBytes,
    windows: one.windows + other.windows,
    measuredAtBoth: one.measuredAtBoth + other.measuredAtBoth,
    onlyInPeer: one.onlyInPeer + other.onlyInPeer,
    unreliable: one.unreliable + other.unreliable,
  };
}
