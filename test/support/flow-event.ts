import { readFileSync } from 'node:fs';

/** What the tests read of a flow record's ECS event; services/core/ecs-event.ts writes it. */
export interface FlowEvent {
  readonly '@timestamp': string;
  readonly event: { readonly start: string; readonly end: string; readonly id: string };
  readonly flow: { readonly id: string; readonly final: boolean };
  readonly network: {
    readonly type: string;
    readonly transport: string;
    readonly direction: string;
    readonly community_id: string;
    readonly bytes: number;
    readonly packets: number;
  };
  readonly source: EventSide;
  readonly destination: EventSide;
  readonly log?: { readonly file: { readonly path: string } };
  readonly flowtap: {
    readonly initiator: { readonly evidence: string };
    readonly end_reason?: string;
    readonly window?: { readonly start: string; readonly end: string };
    readonly icmp?: { readonly type: number; readonly code?: number };
    readonly tcp?: { readonly source: EventTcpSide; readonly destination: EventTcpSide };
  };
}

export interface EventSide {
  readonly ip: string;
  readonly port?: number;
  readonly bytes: number;
  readonly packets: number;
}

/** Counters that are zero are left out. */
export interface EventTcpSide {
  readonly flags: readonly string[];
  readonly sequence?: {
    readonly initial: number;
    readonly highest: number;
    readonly payload_bytes: number;
    readonly repeated_bytes?: number;
    readonly missing_bytes?: number;
  };
}

/** The events of a text of JSON lines; a last line that is not whole yet is left out. */
export function parseEvents(text: string): FlowEvent[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as FlowEvent);
}

/** The events that a file holds so far. */
export function readEvents(path: string): FlowEvent[] {
  return parseEvents(readFileSync(path, 'utf8'));
}

/** The events of each flow, by Community ID, in their order. */
export function eventsByFlow(events: readonly FlowEvent[]): Map<string, FlowEvent[]> {
  return Map.groupBy(events, (event) => event.network.community_id);
}

/** Packets and IP bytes of all events together. */
export function sumOfEvents(events: readonly FlowEvent[]): {
  readonly packets: number;
  readonly bytes: number;
} {
  let packets = 0;
  let bytes = 0;
  for (const { network } of events) {
    packets += network.packets;
    bytes += network.bytes;
  }
  return { packets, bytes };
}

/** What each end of each flow sent in each window, a line each, in an order of their own. */
export function packetsByWindow(events: readonly FlowEvent[]): readonly string[] {
  return events
    .filter(({ network }) => network.packets > 0)
    .map(({ network, flowtap, source, destination }) => {
      const ends = [source, destination].map(({ ip, packets, bytes }) => `${ip} ${packets}/${bytes}`).sort();
      return `${network.community_id} ${flowtap.window!.start} ${ends.join(' ')}`;
    })
    .sort();
}
