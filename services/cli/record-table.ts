import type { FlowRecord, FlowSide } from '../core/flow-record.ts';
import { transportName } from '../core/protocol.ts';

/** Widths fit IPv4 with ports; longer values push their line to the right. */
const COLUMNS = [
  ['START', 15],
  ['PROTO', 9],
  ['SOURCE', 21],
  ['', 2],
  ['DESTINATION', 21],
  ['PACKETS', 13],
  ['BYTES', 17],
  ['END', 8],
  ['COMMUNITY ID', 30],
] as const;

export function tableHeader(): string {
  return line(COLUMNS.map(([name]) => name));
}

/** One record as a line for people; what was sent and what came back stand beside each other. */
export function tableLine(record: FlowRecord): string {
  const { source, destination } = record;
  return line([
    timeOfDay(record.start.seconds, record.start.nanoseconds),
    transportName(record.protocol),
    endpoint(source),
    '→',
    endpoint(destination),
    `${source.packets}/${destination.packets}`,
    `${source.bytes}/${destination.bytes}`,
    record.endReason ?? '',
    record.communityId,
  ]);
}

function line(values: readonly string[]): string {
  const cells = values.map((value, index) => value.padEnd(COLUMNS[index][1]));
  return `${cells.join(' ').trimEnd()}\n`;
}

function endpoint(side: FlowSide): string {
  if (side.port === undefined) return side.address;
  return side.address.includes(':') ? `[${side.address}]:${side.port}` : `${side.address}:${side.port}`;
}

function timeOfDay(seconds: number, nanoseconds: number): string {
  const time = new Date(seconds * 1000).toISOString().slice(11, 19);
  return `${time}.${String(Math.floor(nanoseconds / 1000)).padStart(6, '0')}`;
}
