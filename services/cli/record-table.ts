import type { FlowRecord, FlowSide } from '../core/flow-record.ts';
import { transportName } from '../core/protocol.ts';

/** What a line shows of a flow record. */
export type TableRecord = Pick<FlowRecord, 'communityId' | 'protocol' | 'start' | 'endReason'> & {
  readonly source: TableSide;
  readonly destination: TableSide;
};

type TableSide = Omit<FlowSide, 'tcp'>;

/** Widths fit IPv4 with ports; longer values push their line to the right. */
const COLUMNS = [
  ['START', 15],
  ['PROTO', 9],
  ['SOURCE', 21],
  ['', 1],
  ['DESTINATION', 21],
  ['PACKETS', 13],
  ['BYTES', 15],
  ['END', 8],
  ['COMMUNITY ID', 30],
] as const;

/** What a narrow terminal does without, first to last. */
const DISPENSABLE: readonly string[] = ['COMMUNITY ID', 'START', 'PACKETS'];

/** @param maxColumns of the terminal; columns that can be done without are left out to fit */
export function tableHeader(maxColumns = Number.POSITIVE_INFINITY): string {
  return line(
    COLUMNS.map(([name]) => name),
    maxColumns,
  );
}

/** One record as a line for people; what was sent and what came back stand beside each other. */
export function tableLine(record: TableRecord, maxColumns = Number.POSITIVE_INFINITY): string {
  const { source, destination } = record;
  const values = [
    timeOfDay(record.start.seconds, record.start.nanoseconds),
    transportName(record.protocol),
    endpoint(source),
    '→',
    endpoint(destination),
    `${source.packets}/${destination.packets}`,
    `${source.bytes}/${destination.bytes}`,
    record.endReason ?? '',
    record.communityId,
  ];
  return line(values, maxColumns);
}

function line(values: readonly string[], maxColumns: number): string {
  const omitted = omittedColumns(maxColumns);
  const cells = values.flatMap((value, index) => {
    const [name, width] = COLUMNS[index];
    return omitted.includes(name) ? [] : [value.padEnd(width)];
  });
  return `${cells.join(' ').trimEnd()}\n`;
}

function omittedColumns(maxColumns: number): readonly string[] {
  let width = COLUMNS.reduce((sum, column) => sum + column[1] + 1, -1);
  return DISPENSABLE.filter((name) => {
    if (width <= maxColumns) return false;
    width -= 1 + (COLUMNS.find((column) => column[0] === name)?.[1] ?? 0);
    return true;
  });
}

/** `192.0.2.1:80`, `[2001:db8::1]:80`, or the address where there is no port. */
export function endpoint(side: TableSide): string {
  if (side.port === undefined) return side.address;
  return side.address.includes(':') ? `[${side.address}]:${side.port}` : `${side.address}:${side.port}`;
}

function timeOfDay(seconds: number, nanoseconds: number): string {
  const time = new Date(seconds * 1000).toISOString().slice(11, 19);
  return `${time}.${String(Math.floor(nanoseconds / 1000)).padStart(6, '0')}`;
}
