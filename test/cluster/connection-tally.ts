import type { FlowDocument } from './flowtap-cluster.ts';
import type { SteadyAnswer } from './steady-traffic.ts';
import { REQUEST_BYTES } from './steady-traffic.ts';

const UDP_HEADERS_BYTES = 28;

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

/** What the requests with one port must come to: payload of TCP, packets and bytes of UDP. */
export function wantedOf(requests: readonly SteadyAnswer[]) {
  const requestBytes = REQUEST_BYTES * requests.length;
  const answerBytes = requests
    .map(({ name, ip, port }) => JSON.stringify({ name, ip, port }).length)
    .reduce((sum, length) => sum + length, 0);
  return { protocol: requests[0].protocol, count: requests.length, requestBytes, answerBytes };
}

/** Whether one probe saw each of these connections, and all that went over it. */
export function isAsWanted(tally: Tally | undefined, wanted: ReturnType<typeof wantedOf>): boolean {
  if (tally === undefined) return false;
  const { protocol, count, requestBytes, answerBytes } = wanted;
  const { flows, sent, received } = tally;
  if (protocol === 'tcp') {
    return (
      flows.size === count && sent.payloadBytes === requestBytes && received.payloadBytes === answerBytes
    );
  }
  const headers = count * UDP_HEADERS_BYTES;
  const packets = sent.packets === count && received.packets === count;
  return packets && sent.bytes === requestBytes + headers && received.bytes === answerBytes + headers;
}

/** Whether two probes saw the same packets. */
export function isSame(one: Tally | undefined, other: Tally | undefined): boolean {
  return JSON.stringify([one?.sent, one?.received]) === JSON.stringify([other?.sent, other?.received]);
}

/** For a failure's message. */
export function shown(tally: Tally | undefined): unknown {
  return tally && { ...tally, flows: [...tally.flows] };
}
