import { expect, test } from 'vitest';
import type { TableRecord } from '../../services/cli/record-table.ts';
import { tableHeader, tableLine } from '../../services/cli/record-table.ts';

const TCP: TableRecord = {
  communityId: '1:d/FP5EW3wiY1vCndhwleRRKHowQ=',
  protocol: 6,
  start: { seconds: 1_700_000_000, nanoseconds: 1_999_999 },
  endReason: 'fin',
  source: { address: '192.0.2.10', port: 40_000, packets: 12, bytes: 3400 },
  destination: { address: '2001:db8::20', port: 80, packets: 5, bytes: 67_890 },
};

const ICMP: TableRecord = {
  ...TCP,
  protocol: 1,
  endReason: undefined,
  source: { ...TCP.source, port: undefined },
  destination: { ...TCP.destination, address: '192.0.2.20', port: undefined },
};

const [HEADER, TCP_LINE, ICMP_LINE] = [
  'START           PROTO     SOURCE                  DESTINATION           PACKETS       BYTES           END      COMMUNITY ID',
  '22:13:20.001999 tcp       192.0.2.10:40000      → [2001:db8::20]:80     12/5          3400/67890      fin      1:d/FP5EW3wiY1vCndhwleRRKHowQ=',
  '22:13:20.001999 icmp      192.0.2.10            → 192.0.2.20            12/5          3400/67890               1:d/FP5EW3wiY1vCndhwleRRKHowQ=',
];

test('shows a record in columns', () => {
  expect([tableHeader(), tableLine(TCP), tableLine(ICMP)]).toEqual(
    [HEADER, TCP_LINE, ICMP_LINE].map((line) => `${line}\n`),
  );
});

test.each([
  { columns: 141, omitted: [] },
  { columns: 140, omitted: ['COMMUNITY ID'] },
  { columns: 110, omitted: ['COMMUNITY ID'] },
  { columns: 109, omitted: ['COMMUNITY ID', 'START'] },
  { columns: 94, omitted: ['COMMUNITY ID', 'START'] },
  { columns: 93, omitted: ['COMMUNITY ID', 'START', 'PACKETS'] },
  { columns: 80, omitted: ['COMMUNITY ID', 'START', 'PACKETS'] },
  { columns: 20, omitted: ['COMMUNITY ID', 'START', 'PACKETS'] },
])('$columns columns do without $omitted', ({ columns, omitted }) => {
  const names = ['START', 'PROTO', 'SOURCE', 'DESTINATION', 'PACKETS', 'BYTES', 'END', 'COMMUNITY ID'];
  const header = tableHeader(columns);
  expect(names.filter((name) => !header.includes(name))).toEqual(omitted.toSorted(byPlace(names)));
  expect(tableLine(TCP, columns).length).toBeLessThanOrEqual(Math.max(columns, 80) + 1);
});

function byPlace(names: readonly string[]): (a: string, b: string) => number {
  return (a, b) => names.indexOf(a) - names.indexOf(b);
}
