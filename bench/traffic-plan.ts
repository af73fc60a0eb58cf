import { Random } from './random.ts';

/** What a generated capture holds. The same plan gives the same bytes. */
export interface TrafficShape {
  readonly packets: number;
  readonly flows: number;
  readonly seed: number;
}

/** Bits of `TrafficPlan.kind`. */
export const KIND_UDP = 1;
export const KIND_IPV6 = 2;

/** The shortest TCP conversation that has both ends, data both ways and an orderly end. */
export const TCP_PACKETS_AT_LEAST = 5;

/** Which flow each packet belongs to, and how many packets each flow has. */
export interface TrafficPlan {
  /** One byte a flow: KIND_UDP and KIND_IPV6. */
  readonly kind: Uint8Array;
  readonly packetsOfFlow: Uint32Array;
  /** One flow number a packet, in the order of the capture. */
  readonly order: Uint32Array;
}

/**
 * Deals the packets to the flows: 20 % of the flows are UDP, 10 % IPv6. The sizes are heavy-tailed
 * (Pareto), as in real traffic, and the flows are mixed at random over the whole capture: the worst
 * case for a flow table, because next to no packet meets its flow in the processor's caches.
 */
export function planTraffic({ packets, flows, seed }: TrafficShape): TrafficPlan {
  const random = new Random(seed);
  const kind = new Uint8Array(flows);
  const weights = new Float64Array(flows);
  let packetsAtLeast = 0;
  let weight = 0;
  for (let flow = 0; flow < flows; flow++) {
    const udp = random.below(5) === 0 ? KIND_UDP : 0;
    const ipv6 = random.below(10) === 0 ? KIND_IPV6 : 0;
    kind[flow] = udp | ipv6;
    packetsAtLeast += udp === 0 ? TCP_PACKETS_AT_LEAST : 1;
    weight += random.fraction() ** -0.7;
    weights[flow] = weight;
  }
  if (packetsAtLeast > packets)
    throw new RangeError(`${flows} flows need at least ${packetsAtLeast} packets, not ${packets}`);
  const packetsOfFlow = new Uint32Array(flows);
  const order = new Uint32Array(packets);
  let dealt = 0;
  let position = 0;
  for (let flow = 0; flow < flows; flow++) {
    const dealtNext = Math.round((weights[flow] / weight) * (packets - packetsAtLeast));
    const count = ((kind[flow] & KIND_UDP) === 0 ? TCP_PACKETS_AT_LEAST : 1) + dealtNext - dealt;
    packetsOfFlow[flow] = count;
    order.fill(flow, position, position + count);
    dealt = dealtNext;
    position += count;
  }
  shuffle(order, random);
  return { kind, packetsOfFlow, order };
}

/** Fisher and Yates. */
function shuffle(values: Uint32Array, random: Random): void {
  for (let last = values.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const value = values[last];
    values[last] = values[other];
    values[other] = value;
  }
}
