import type { TrafficEnd, TrafficLogLine } from '../pods/traffic-call.mts';

/** What is read of a document. */
export interface ChurnDocument {
  readonly event: { readonly id: string; readonly start: string; readonly end: string };
  readonly network: { readonly transport: string };
  readonly source: NamedEnd;
  readonly destination: NamedEnd;
  readonly flowtap: Readonly<Partial<Record<Side, { readonly named_by?: string }>>>;
}

interface NamedEnd extends TrafficEnd {
  readonly kubernetes?: { readonly pod?: { readonly name: string; readonly uid: string } };
}

type Side = 'source' | 'destination';

/**
 * - `right`: the pod that wrote down what the document tells.
 * - `unknown`: no pod is named.
 * - `shared`: no pod is named, and several wrote it down, one after the other: no name could be right.
 * - `wrong`: another pod is named than the one, or one of several.
 */
export type Verdict = 'right' | 'unknown' | 'shared' | 'wrong';

export interface JudgedName {
  readonly id: string;
  readonly ip: string;
  readonly verdict: Verdict;
  readonly namedBy: string;
  /** UIDs. */
  readonly named: string | undefined;
  readonly truth: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
  /** When each of them wrote it down. */
  readonly writtenMs: readonly (readonly [uid: string, atMs: number])[];
}

/** How late a pod may write down what passed its interface, and never before; far less than a pod takes to start. */
const LATE_MS = 300;

/** What pods wrote down, by the side and the ends of a flow. */
export class TruthLog {
  readonly #lines: ReadonlyMap<string, readonly TrafficLogLine[]>;

  constructor(lines: readonly TrafficLogLine[]) {
    this.#lines = Map.groupBy(lines, ({ side, protocol, local, remote }) =>
      side === 'client' ? keyOf(side, protocol, local, remote) : keyOf(side, protocol, remote, local),
    );
  }

  /** The names of a document's ends at some addresses; without those of which no pod wrote anything down. */
  judge(document: ChurnDocument, addresses: ReadonlySet<string>): readonly JudgedName[] {
    const { event, network, source, destination } = document;
    const [startMs, endMs] = [Date.parse(event.start), Date.parse(event.end)];
    return (['source', 'destination'] as const).flatMap((side) => {
      const { ip, kubernetes } = document[side];
      if (!addresses.has(ip)) return [];
      const key = keyOf(side === 'source' ? 'client' : 'server', network.transport, source, destination);
      const lines = (this.#lines.get(key) ?? []).filter(
        ({ fromMs, toMs }) => toMs >= startMs && fromMs <= endMs + LATE_MS,
      );
      const truth = [...new Set(lines.map(({ uid }) => uid))];
      if (truth.length === 0) return [];
      const named = kubernetes?.pod?.uid;
      const namedBy = document.flowtap[side]?.named_by ?? '';
      const writtenMs = lines.map(({ uid, toMs }) => [uid, toMs] as const);
      const verdict = verdictOf(named, truth);
      return [{ id: event.id, ip, verdict, namedBy, named, truth, startMs, endMs, writtenMs }];
    });
  }
}

function verdictOf(named: string | undefined, truth: readonly string[]): Verdict {
  if (named === undefined) return truth.length === 1 ? 'unknown' : 'shared';
  return truth.length === 1 && truth[0] === named ? 'right' : 'wrong';
}

function keyOf(
  side: TrafficLogLine['side'],
  protocol: string,
  source: TrafficEnd,
  destination: TrafficEnd,
): string {
  return `${side} ${protocol} ${source.ip} ${source.port} ${destination.ip} ${destination.port}`;
}
