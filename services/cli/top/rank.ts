import type { Volume } from '../../console/flow-source.ts';
import type { Group, Groups } from '../../console/shape/group.ts';
import { addVolumes, NO_VOLUME } from '../../console/shape/volume.ts';
import type { Grouping, Side } from './ranked.ts';

export const SORTS = ['bytes', 'packets', 'connections', 'lost'] as const;
export type Sort = (typeof SORTS)[number];

/** Something that is ranked, with what is counted of it. */
export interface Row {
  /** One name, or those of source and destination. */
  readonly names: readonly string[];
  /** What it opened, as `source`; what it sent is in `sourceBytes`. */
  readonly opened: Volume;
  /** What it answered, as `destination`; what it sent is in `destinationBytes`. */
  readonly answered: Volume;
}

export interface Ranking {
  /** The first first. */
  readonly rows: readonly Row[];
  /** How many there are, beside those that are shown. */
  readonly found: number;
  /** Of all flows. */
  readonly total: Volume;
  readonly isPartial: boolean;
}

/** Groups of documents by fields of the source, or of the destination; undefined where that end is not looked at. */
export type GroupsOfEnds = Readonly<Record<Side, Groups | undefined>>;

/** Ranks ends: what a name has at both ends is one row. */
export function rankEnds(groups: GroupsOfEnds, grouping: Grouping, sort: Sort, limit: number): Ranking {
  const rows = new Map<string, Row>();
  for (const side of ['source', 'destination'] as const) {
    for (const { values, volume } of groups[side]?.groups ?? []) {
      const name = grouping.nameOf(side, (field) => values[field]);
      const { opened, answered } = rows.get(name) ?? { opened: NO_VOLUME, answered: NO_VOLUME };
      rows.set(name, {
        names: [name],
        opened: side === 'source' ? addVolumes(opened, volume) : opened,
        answered: side === 'destination' ? addVolumes(answered, volume) : answered,
      });
    }
  }
  const isPartial = groups.source?.isPartial === true || groups.destination?.isPartial === true;
  const whole = groups.source ?? groups.destination;
  return ranking(rows, sumOf(whole?.groups ?? []), isPartial, sort, limit);
}

/** Ranks pairs of ends; `extra` are fields that tell pairs apart, too. */
export function rankPairs(
  groups: Groups,
  grouping: Grouping,
  extra: readonly string[],
  sort: Sort,
  limit: number,
): Ranking {
  const rows = new Map<string, Row>();
  for (const { values, volume } of groups.groups) {
    const ends = (['source', 'destination'] as const).map((side) =>
      grouping.nameOf(side, (field) => values[field]),
    );
    const names = [...ends, ...extra.map((field) => String(values[field] ?? ''))];
    const key = JSON.stringify(names);
    const opened = addVolumes(rows.get(key)?.opened ?? NO_VOLUME, volume);
    rows.set(key, { names, opened, answered: NO_VOLUME });
  }
  return ranking(rows, sumOf(groups.groups), groups.isPartial, sort, limit);
}

function ranking(
  rows: ReadonlyMap<string, Row>,
  total: Volume,
  isPartial: boolean,
  sort: Sort,
  limit: number,
): Ranking {
  const ordered = [...rows].sort(
    ([keyA, a], [keyB, b]) => rowValue(b, sort) - rowValue(a, sort) || (keyA < keyB ? -1 : 1),
  );
  return { rows: ordered.slice(0, limit).map(([, row]) => row), found: rows.size, total, isPartial };
}

/** What a row is ranked by. */
export function rowValue({ opened, answered }: Row, sort: Sort): number {
  return volumeValue(opened, sort) + volumeValue(answered, sort);
}

export function volumeValue(volume: Volume, sort: Sort): number {
  switch (sort) {
    case 'bytes':
      return volume.sourceBytes + volume.destinationBytes;
    case 'packets':
      return volume.sourcePackets + volume.destinationPackets;
    case 'connections':
      return volume.connections;
    case 'lost':
      return volume.lostBytes;
  }
}

function sumOf(groups: readonly Group[]): Volume {
  return groups.reduce((sum, { volume }) => addVolumes(sum, volume), NO_VOLUME);
}
