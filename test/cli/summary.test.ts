import { describe, expect, it } from 'vitest';
import type { SummaryLine } from '../../services/cli/summary.ts';
import { formatSummary, meterSummary } from '../../services/cli/summary.ts';
import type { FlowMeterStatistics } from '../../services/probe/flow/flow-meter.ts';
import { parseSummary } from '../support/summary-text.ts';

const STATISTICS: FlowMeterStatistics = {
  frames: 1,
  frameBytes: 2,
  otherFrames: 3,
  otherFrameBytes: 4,
  packets: 5,
  ipBytes: 6,
  flows: 7,
  liveFlows: 99,
  records: 8,
  evictedFlows: 9,
  latePackets: 10,
  forgottenGaps: 11,
  causes: { not_ip: 12, fragments: 13 },
};

const FIRST: readonly SummaryLine[] = [
  ['frames', 1],
  ['frame bytes on the wire', 2],
  ['frames in no flow', 3],
  ['  bytes on the wire', 4],
];
const LAST: readonly SummaryLine[] = [
  ['IP packets in flows', 5],
  ['IP bytes in flows', 6],
  ['flows', 7],
  ['records', 8],
  ['flows evicted', 9],
  ['packets after their window', 10],
  ['TCP gaps not remembered', 11],
];

describe('meterSummary', () => {
  it.each<{ causes: FlowMeterStatistics['causes']; lines: readonly SummaryLine[] }>([
    { causes: {}, lines: [] },
    {
      causes: { not_ip: 12, fragments: 13 },
      lines: [
        ['  not_ip', 12],
        ['  fragments', 13],
      ],
    },
  ])('tells all that was counted, and the causes $causes', ({ causes, lines }) => {
    expect(meterSummary({ ...STATISTICS, causes })).toEqual([...FIRST, ...lines, ...LAST]);
  });
});

describe('formatSummary', () => {
  it.each<{ lines: readonly SummaryLine[]; text: string }>([
    { lines: [], text: '' },
    { lines: [['frames', 0]], text: 'frames  0\n' },
    { lines: [['frames', 999]], text: 'frames  999\n' },
    { lines: [['frames', 1000]], text: 'frames  1,000\n' },
    { lines: [['bytes', Number.MAX_SAFE_INTEGER]], text: 'bytes  9,007,199,254,740,991\n' },
    {
      lines: [
        ['frames', 12],
        ['frame bytes', 1_234_567],
        ['  not_ip', 1],
      ],
      text: 'frames              12\nframe bytes  1,234,567\n  not_ip             1\n',
    },
    {
      lines: [
        ['dropped', 'not known'],
        ['frames', 7],
      ],
      text: 'dropped  not known\nframes           7\n',
    },
  ])('$lines', ({ lines, text }) => {
    expect(formatSummary(lines)).toBe(text);
  });

  it('can be read back', () => {
    const lines: SummaryLine[] = [...meterSummary(STATISTICS), ['merged frames counted by', 'vnet_hdr']];
    expect([...parseSummary(formatSummary(lines))]).toEqual(
      lines.map(([name, value]) => [name.trim(), value]),
    );
  });
});
