import type { FlowDocument } from './flowtap-cluster.ts';

/** What documents say of connections from one caller with the same port. */
export interface Tally {
  /** Connections: each has a `flow.id` of its own. */
  readonly flows: ReadonlySet<string>;
  readonly sent: Volume;
  readonly received: Volume;
}

export interface Volume {
  packets: number;
  bytes: number;
  /** Of TCP. */
  payloadBytes: number;
}

/** By `tcp 40000`: protocol and the caller's port, which every observation has, translated or not. */
export function tallyByPort(documents: readonly FlowDocument[]): ReadonlyMap<string, Tally> {
  const tallies = new Map<string, Tally & { readonly flows: Set<string> }>();
  for (const document of documents) {
    const key = `${document.network.transport} ${document.source.port}`;
    const tally = tallies.get(key) ?? { flows: new Set(), sent: nothing(), received: nothing() };
    tallies.set(key, tally);
    tally.flows.add(document.flow.id);
    add(tally.sent, document, 'source');
    add(tally.received, document, 'destination');
  }
  return tallies;
}

function nothing(): Volume {
  return { packets: 0, bytes: 0, payloadBytes: 0 };
}

function add(volume: Volume, document: FlowDocument, side: 'source' | 'destination'): void {
  volume.packets += document[side].packets;
  volume.bytes += document[side].bytes;
  volume.payloadBytes += document.flowtap.tcp?.[side]?.sequence?.payload_bytes ?? 0;
}
