import type { FlowMeterStatistics } from '../probe/flow/flow-meter.ts';

/** A line of the summary: what was counted, and how many. */
export type SummaryLine = readonly [name: string, value: number | string];

/** Everything a meter counted, in the order of the data's way. */
export function meterSummary(statistics: FlowMeterStatistics): SummaryLine[] {
  const causes = Object.entries(statistics.causes).map(
    ([cause, count]): SummaryLine => [`  ${cause}`, count],
  );
  return [
    ['frames', statistics.frames],
    ['frame bytes on the wire', statistics.frameBytes],
    ['frames in no flow', statistics.otherFrames],
    ['  bytes on the wire', statistics.otherFrameBytes],
    ...causes,
    ['IP packets in flows', statistics.packets],
    ['IP bytes in flows', statistics.ipBytes],
    ['flows', statistics.flows],
    ['records', statistics.records],
    ['flows evicted', statistics.evictedFlows],
    ['packets after their window', statistics.latePackets],
    ['TCP gaps not remembered', statistics.forgottenGaps],
  ];
}

/** Aligned lines of text; numbers with thousands apart. */
export function formatSummary(lines: readonly SummaryLine[]): string {
  const values = lines.map(([, value]) =>
    typeof value === 'number' ? value.toLocaleString('en-US') : value,
  );
  const nameWidth = Math.max(...lines.map(([name]) => name.length));
  const valueWidth = Math.max(...values.map((value) => value.length));
  return lines
    .map(([name], index) => `${name.padEnd(nameWidth)}  ${values[index].padStart(valueWidth)}\n`)
    .join('');
}
