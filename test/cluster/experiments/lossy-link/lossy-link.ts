import { barChart } from '../bar-chart.ts';
import type { Experiment } from '../experiment.ts';
import { markdownTable } from '../markdown-table.ts';
import type { LinkTruth } from './link-drops.ts';
import type { LinkLoss } from './loss-by-link.ts';
import { lossShare } from './loss-by-link.ts';
import type { LossyLinkParameters, LossyLinkResult } from './run-lossy-link.ts';
import { runLossyLink } from './run-lossy-link.ts';

/** Which link loses, in which direction, and how much: found by comparing what both ends' probes saw. */
export const LOSSY_LINK: Experiment<LossyLinkParameters, LossyLinkResult> = {
  name: 'lossy-link',
  question:
    'Links between nodes lose packets, some of them, and one way. Do the documents tell which, which way, and how much?',
  full: {
    drops: [
      { from: 'node-1', to: 'node-2', share: 0.02 },
      { from: 'node-3', to: 'node-1', share: 0.005 },
      { from: 'node-2', to: 'node-3', share: 0.001 },
    ],
    streams: 4,
    bytesEach: 40_000_000,
    bytesPerSecond: 700_000,
  },
  small: {
    drops: [{ from: 'node-1', to: 'node-2', share: 0.03 }],
    streams: 2,
    bytesEach: 5_000_000,
    bytesPerSecond: 800_000,
  },
  run: runLossyLink,
  report(result) {
    const rows = result.found.map((link, index) => {
      const truth = truthOf(result, link);
      return [
        index + 1,
        `${link.from} → ${link.to}`,
        link.sentBytes,
        link.lostBytes,
        percent(lossShare(link)),
        truth.droppedBytes,
        percent(trueShare(truth)),
        `${link.measuredAtBoth} of ${link.windows}`,
        link.onlyInPeer,
      ];
    });
    const lossy = result.found.filter(({ lostBytes }) => lostBytes > 0);
    const worst = lossy.map((link) => `${link.from} → ${link.to} loses ${percent(lossShare(link))}`);
    const head = [
      ...['', 'Link', 'Sent, bytes', 'Lost, bytes', 'Share', 'Dropped in truth, bytes', 'True share'],
      ...['Windows measured at both ends', 'Of these only in the peer stream'],
    ];
    return [
      `**Answer.** ${worst.join('; ')}. ${result.found.length - lossy.length} other directions lose nothing.`,
      markdownTable(head, rows),
      `Truth is what the rules of the router between the nodes counted: payload of ${result.streams} TCP streams, dropped at random, whatever the packets carried; what was dropped of acknowledgments is in no number. ${result.streamsWhole} streams arrived whole, in ${result.seconds.toFixed(0)} s.`,
      "A window counts with the loss that was measured at both ends (`flowtap.loss.*.evidence: both`). Where the other end's record came later, the document that counts has an estimate of one end (`sender`), and the document of the stream `flowtap-peer-*` has the measure; a retransmission without need is then told as loss by the first. So both streams are read.",
    ].join('\n\n');
  },
  chart({ found, links }) {
    return barChart({
      title: 'Payload lost between nodes, by link and direction',
      series: ['by the documents', 'by the router'],
      groups: found.map((link) => ({
        label: `${link.from} → ${link.to}`,
        values: [lossShare(link), trueShare(truthOf({ links }, link))],
      })),
      format: percent,
    });
  },
};

export function truthOf(
  { links }: Pick<LossyLinkResult, 'links'>,
  { from, to }: Pick<LinkLoss, 'from' | 'to'>,
): LinkTruth {
  return links.find((link) => link.from === from && link.to === to)!;
}

export function trueShare({ droppedBytes, sentBytes }: LinkTruth): number {
  return sentBytes === 0 ? 0 : droppedBytes / sentBytes;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)} %`;
}
