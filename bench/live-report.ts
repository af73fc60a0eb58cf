import type { LiveResult } from './live-bench.ts';
import { LIVE_CAPTURES } from './live-captures.ts';
import type { Table } from './table.ts';
import { decimal, integer } from './table.ts';

export function liveTable(results: readonly LiveResult[]): Table {
  return {
    head: [
      'capture',
      'flows',
      'packets/s offered',
      'CPU ns a packet',
      '÷ tcpdump',
      'packets lost',
      'lost %',
      'own memory KiB',
    ],
    rows: results.map((result) => {
      const { capture, load, seen, sent } = result;
      const floor = results.find((other) => other.load === load && other.capture.name === 'tcpdump');
      const lost = sent - seen.packets;
      return [
        capture.name,
        integer(load.flows),
        integer(result.offeredPerSecond),
        integer(result.cpuNanosecondsPerPacket),
        floor === undefined
          ? '–'
          : decimal(result.cpuNanosecondsPerPacket / floor.cpuNanosecondsPerPacket, 1),
        integer(lost),
        decimal((lost / sent) * 100, 2),
        integer(result.anonymousKibibytes),
      ];
    }),
  };
}

/** What a further flow costs in memory, from two loads of different flows; undefined without them. */
export function memoryPerFlow(results: readonly LiveResult[]): string | undefined {
  const own = results
    .filter(({ capture, load }) => capture === LIVE_CAPTURES[0] && load.packetsPerSecond > 0)
    .toSorted((a, b) => a.load.flows - b.load.flows);
  const [few, many] = [own[0], own.at(-1)];
  if (few === undefined || many === undefined || few === many) return undefined;
  const kibibytes = many.anonymousKibibytes - few.anonymousKibibytes;
  const flows = many.load.flows - few.load.flows;
  return (
    `${capitalised(few.capture.name)} has ${integer(few.anonymousKibibytes)} KiB of its own with ` +
    `${integer(few.load.flows)} live flows and ${integer(many.anonymousKibibytes)} KiB with ` +
    `${integer(many.load.flows)}: ${integer((kibibytes * 1024) / flows)} bytes a further flow.`
  );
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
