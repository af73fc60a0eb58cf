import { EXACT_CONNECTIONS } from '../../console/elasticsearch/group-search.ts';
import type { Volume } from '../../console/flow-source.ts';
import { formatBytes, formatCount, formatPercent } from '../../console/page/format.ts';
import type { Terminal } from '../../runtime/terminal.ts';
import type { Column } from '../flows/text-table.ts';
import { layOut, tableHeader, tableRow } from '../flows/text-table.ts';
import type { Ranking, Row, Sort } from './rank.ts';
import { rowValue, volumeValue } from './rank.ts';

interface RankColumn extends Column {
  readonly value: (row: Row, share: number) => string;
}

const right = (name: string, value: RankColumn['value']): RankColumn => ({ name, align: 'right', value });
const name = (title: string, index: number): RankColumn => ({
  name: title,
  cutTo: 20,
  value: ({ names }) => names[index],
});

const SHARE = right('SHARE', (_row, share) => (Number.isNaN(share) ? '' : formatPercent(share)));
const PACKETS = right('PACKETS', (row) => formatCount(rowValue(row, 'packets')));
const LOST = right('LOST', (row) => {
  const lostBytes = rowValue(row, 'lost');
  return lostBytes === 0 ? '' : formatBytes(lostBytes);
});

const ENDS: readonly RankColumn[] = [
  name('NAME', 0),
  SHARE,
  right('SENT', ({ opened, answered }) => formatBytes(opened.sourceBytes + answered.destinationBytes)),
  right('RECEIVED', ({ opened, answered }) => formatBytes(opened.destinationBytes + answered.sourceBytes)),
  PACKETS,
  right('OPENED', ({ opened }) => connections(opened)),
  right('ANSWERED', ({ answered }) => connections(answered)),
  LOST,
];

const PAIRS: readonly RankColumn[] = [
  name('SOURCE', 0),
  name('DESTINATION', 1),
  SHARE,
  right('SENT', ({ opened }) => formatBytes(opened.sourceBytes)),
  right('ANSWERED', ({ opened }) => formatBytes(opened.destinationBytes)),
  PACKETS,
  right('CONNECTIONS', ({ opened }) => connections(opened)),
  LOST,
];

const PORTS: readonly RankColumn[] = [
  { name: 'PORT', value: ({ names }) => names.slice(2).reverse().join('/').replace(/\/$/, '') },
];

const DISPENSABLE = ['PACKETS', 'RECEIVED', 'SHARE', 'PORT'];

export interface RankingTextOptions {
  readonly arePairs: boolean;
  readonly withPorts: boolean;
  readonly sort: Sort;
  /** Of the terminal; undefined where the output is none. */
  readonly maxWidth: number | undefined;
  readonly paint: Terminal['paint'];
}

/** A ranking as a table for people. */
export function rankingText(ranking: Ranking, options: RankingTextOptions): string {
  const { arePairs, withPorts, sort, maxWidth, paint } = options;
  const [source, destination, ...rest] = PAIRS;
  const pairs = withPorts ? [source, destination, ...PORTS, ...rest] : PAIRS;
  const columns = arePairs ? pairs : ENDS;
  const whole = volumeValue(ranking.total, sort);
  const rows = ranking.rows.map((row) => columns.map(({ value }) => value(row, rowValue(row, sort) / whole)));
  const layout = layOut(columns, rows, DISPENSABLE, maxWidth);
  const lines = rows.map((row, index) => {
    const line = tableRow(layout, row);
    return rowValue(ranking.rows[index], 'lost') > 0 ? paint('yellow', line) : line;
  });
  return `${[paint('bold', tableHeader(layout)), ...lines].join('\n')}\n`;
}

/** Above this Elasticsearch counts approximately. */
function connections({ connections: count }: Volume): string {
  return `${count > EXACT_CONNECTIONS ? '~' : ''}${formatCount(count)}`;
}
