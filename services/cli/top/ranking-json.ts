import { EXACT_CONNECTIONS } from '../../console/elasticsearch/group-search.ts';
import type { Volume } from '../../console/flow-source.ts';
import type { Ranking, Row } from './rank.ts';

export interface RankingFrame {
  /** `pods`, `pairs`. */
  readonly what: string;
  readonly arePairs: boolean;
  readonly sort: string;
  readonly fromMs: number | undefined;
  readonly toMs: number;
}

/** A ranking as one object. */
export function rankingJson(ranking: Ranking, frame: RankingFrame): string {
  const { rows, found, total, isPartial } = ranking;
  return `${JSON.stringify({
    ...head(frame),
    sort: frame.sort,
    found,
    partial: isPartial,
    total: volumeJson(total),
    rows: rows.map((row) => rowJson(row, frame.arePairs)),
  })}\n`;
}

/** A ranking as an object a line, the first first. */
export function rankingNdjson({ rows }: Ranking, frame: RankingFrame): string {
  return rows
    .map((row) => `${JSON.stringify({ ...head(frame), ...rowJson(row, frame.arePairs) })}\n`)
    .join('');
}

function head({ what, fromMs, toMs }: RankingFrame) {
  const from = fromMs === undefined ? undefined : new Date(fromMs).toISOString();
  return { what, from, to: new Date(toMs).toISOString() };
}

function rowJson({ names, opened, answered }: Row, arePairs: boolean) {
  if (!arePairs) return { name: names[0], opened: volumeJson(opened), answered: volumeJson(answered) };
  const [source, destination, port, transport] = names;
  return {
    source,
    destination,
    ...(port !== undefined && { port: port === '' ? undefined : Number(port), transport }),
    ...volumeJson(opened),
  };
}

function volumeJson(volume: Volume) {
  return {
    connections: volume.connections,
    connections_approximate: volume.connections > EXACT_CONNECTIONS,
    source_bytes: volume.sourceBytes,
    destination_bytes: volume.destinationBytes,
    source_packets: volume.sourcePackets,
    destination_packets: volume.destinationPackets,
    lost_bytes: volume.lostBytes,
    repeated_bytes: volume.repeatedBytes,
  };
}
