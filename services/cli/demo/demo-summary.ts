import type { FlowTally, ServiceShare, Talker } from './flow-tally.ts';
import type { Loss } from './probe-losses.ts';

const TOP_TALKERS = 5;

/** How much was seen and dropped, and who talked most: lines of text. */
export function demoSummary(tally: FlowTally, losses: readonly Loss[]): readonly string[] {
  const { flows, packets, bytes } = tally;
  const seen = `${formatCount(flows)} flows, ${formatCount(packets)} packets, ${formatBytes(bytes)}`;
  if (flows === 0) return [seen];
  return [
    seen,
    `Dropped: ${losses.map(formatLoss).join(', ')}`,
    '',
    'Top talkers, bytes both ways',
    ...formatTalkers(tally.topTalkers(TOP_TALKERS)),
    ...formatShares(tally.shares()),
  ];
}

/** Whom the calls of a service went to. */
function formatShares(shares: readonly ServiceShare[]): string[] {
  const services = Map.groupBy(shares, ({ service }) => service);
  return [...services].flatMap(([service, pods]) => {
    const all = pods.reduce((sum, { flows }) => sum + flows, 0);
    const rows = pods.map(({ pod, flows }) => {
      const percent = `${Math.round((flows / all) * 100)} %`;
      return `${percent.padStart(10)}  ${pod.padEnd(10)} ${formatCount(flows)} ${flows === 1 ? 'flow' : 'flows'}`;
    });
    return ['', `Who answered for the service ${service}`, ...rows];
  });
}

/** The next steps, in the words that start this program. */
export function nextSteps(script: string): readonly string[] {
  const flowtap = script.endsWith('.ts') ? 'npm run -s flowtap --' : 'flowtap';
  return [
    `Next: ${flowtap} replay FILE   the flows of a capture file`,
    `      ${flowtap} probe         the flows of this machine, as root`,
  ];
}

function formatTalkers(talkers: readonly Talker[]): string[] {
  const widthOf = (text: (talker: Talker) => string): number =>
    Math.max(...talkers.map((talker) => text(talker).length));
  const sourceWidth = widthOf(({ source }) => source);
  const destinationWidth = widthOf(({ destination }) => destination);
  return talkers.map(({ source, destination, transport, flows, bytes }) =>
    [
      formatBytes(bytes).padStart(10),
      ` ${source.padEnd(sourceWidth)} → ${destination.padEnd(destinationWidth)} `,
      transport.padEnd(9),
      `${formatCount(flows)} ${flows === 1 ? 'flow' : 'flows'}`,
    ].join(' '),
  );
}

function formatLoss({ what, count }: Loss): string {
  return `${count === undefined ? 'an unknown number of' : formatCount(count)} ${what}`;
}

function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}

/** `512 B`, `14.2 KiB`, `16.5 MiB`. */
function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const kibibytes = bytes / 1024;
  return kibibytes < 1024 ? `${kibibytes.toFixed(1)} KiB` : `${(kibibytes / 1024).toFixed(1)} MiB`;
}
