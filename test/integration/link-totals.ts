import { sumOfEvents } from '../support/flow-event.ts';
import type { Namespace } from './namespaces.ts';
import type { ProbeResult } from './running-probe.ts';

/** Frames of a link in both directions, with their Ethernet headers. */
export interface LinkTotals {
  readonly packets: number;
  readonly bytes: number;
}

const ETHERNET_HEADER_BYTES = 14;

/** What the kernel has counted at eth0, since `before`. */
export function linkTotals(namespace: Namespace, before: LinkTotals = { packets: 0, bytes: 0 }): LinkTotals {
  const { receivedPackets, receivedBytes, sentPackets, sentBytes } = namespace.counters('eth0');
  return {
    packets: receivedPackets + sentPackets - before.packets,
    bytes: receivedBytes + sentBytes - before.bytes,
  };
}

/** What a probe's records and its summary say of the link together. */
export function recordedTotals({ events, summary }: ProbeResult): LinkTotals {
  const { packets, bytes } = sumOfEvents(events);
  return {
    packets: packets + Number(summary.get('frames in no flow')),
    bytes: bytes + packets * ETHERNET_HEADER_BYTES + Number(summary.get('bytes on the wire')),
  };
}
