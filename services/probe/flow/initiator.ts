import type { InitiatorEvidence } from '../../core/flow-record.ts';
import { ICMP, ICMPV6, TCP } from '../../core/protocol.ts';
import * as packet from '../decode/packet-row.ts';
import { EVIDENCE_SHIFT, INITIATOR_B } from './flow-row.ts';
import type { ListeningPorts } from './listening-ports.ts';

/** The evidence by its number in a flow row's state. */
export const INITIATOR_EVIDENCE: readonly InitiatorEvidence[] = [
  'syn',
  'icmp_type',
  'known_port',
  'lower_port',
  'first_packet',
];

const SYN = 0;
const ICMP_TYPE = 1;
const KNOWN_PORT = 2;
const LOWER_PORT = 3;
const FIRST_PACKET = 4;

/** The request of each pair of core/icmp.ts; the other type of a pair is the reply. */
const ICMP_REQUESTS: ReadonlySet<number> = new Set([8, 10, 13, 15, 17]);
const ICMPV6_REQUESTS: ReadonlySet<number> = new Set([128, 130, 133, 135, 139, 144]);

/** Decides from a flow's first packet who started it; gives the INITIATOR_B and evidence bits of its state. */
export function decideInitiator(packets: Int32Array, base: number, listening: ListeningPorts): number {
  const kind = packets[base + packet.KIND];
  const sender = packets[base + packet.DIRECTION];
  const receiver = 1 - sender;
  if ((kind & packet.KIND_PORTS) === 0) return decided(sender, FIRST_PACKET);
  const protocol = kind & 0xff;
  const ports = packets[base + packet.PORTS];
  const portA = ports >>> 16;
  const portB = ports & 0xffff;
  if (protocol === ICMP || protocol === ICMPV6) {
    if ((kind & packet.KIND_ONE_WAY) !== 0) return decided(sender, ICMP_TYPE);
    const requests = protocol === ICMP ? ICMP_REQUESTS : ICMPV6_REQUESTS;
    const type = sender === 0 ? portA : portB;
    return decided(requests.has(type) ? sender : receiver, ICMP_TYPE);
  }
  if (protocol === TCP) {
    const flags = packets[base + packet.TCP] & (packet.TCP_SYN | packet.TCP_ACK);
    if (flags === packet.TCP_SYN) return decided(sender, SYN);
    if (flags === (packet.TCP_SYN | packet.TCP_ACK)) return decided(receiver, SYN);
  }
  const knownA = listening.has(protocol, portA);
  if (knownA !== listening.has(protocol, portB)) return decided(knownA ? 1 : 0, KNOWN_PORT);
  if (portA !== portB) return decided(portA < portB ? 1 : 0, LOWER_PORT);
  return decided(sender, FIRST_PACKET);
}

function decided(initiator: number, evidence: number): number {
  return (initiator === 1 ? INITIATOR_B : 0) | (evidence << EVIDENCE_SHIFT);
}
