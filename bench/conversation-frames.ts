import type { ConversationStep } from './conversation-step.ts';
import { ACK, FIN, SYN, tcpStep, udpStep } from './conversation-step.ts';
import type { TrafficPlan } from './traffic-plan.ts';
import { KIND_IPV6, KIND_UDP } from './traffic-plan.ts';

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERNET_BYTES = 14;
const PROTOCOL_TCP = 6;
const PROTOCOL_UDP = 17;
const UDP_HEADER_BYTES = 8;
/** With time stamps (RFC 7323). */
const TCP_HEADER_BYTES = 32;
const TCP_PORTS = [80, 443, 8080, 8443, 5432, 6379, 9092, 3306];
const UDP_PORTS = [443, 123, 8125, 514];
/** A pod network: every flow is one client address and port; there are few servers. */
const CLIENTS = 4096;
const SERVERS = 64;
const FIRST_CLIENT_PORT = 32_768;
const CLIENT_IPV4 = 0x0a2a_0000;
const SERVER_IPV4 = 0x0a60_0000;

/** More than any frame's headers here: the buffer needs that much room behind `offset`. */
export const FRAME_HEADERS_BYTES_MAX = 96;

/**
 * Writes the frames of a plan's flows, each flow's in its order, with consistent sequence and
 * acknowledgement numbers. Headers only: what follows them in the buffer is payload. Checksums stay 0.
 */
export class ConversationFrames {
  readonly #plan: TrafficPlan;
  readonly #sent: Uint32Array;
  readonly #clientSequence: Uint32Array;
  readonly #serverSequence: Uint32Array;
  readonly #step: ConversationStep = { fromClient: true, tcpFlags: 0, payloadBytes: 0 };

  constructor(plan: TrafficPlan) {
    const flows = plan.kind.length;
    this.#plan = plan;
    this.#sent = new Uint32Array(flows);
    this.#clientSequence = Uint32Array.from({ length: flows }, (_, flow) => Math.imul(flow + 1, 0x9e37_79b1));
    this.#serverSequence = Uint32Array.from({ length: flows }, (_, flow) => Math.imul(flow + 1, 0x85eb_ca6b));
  }

  /** Writes the next frame of `flow` and gives its length on the wire. */
  write(view: DataView, offset: number, flow: number): number {
    const kind = this.#plan.kind[flow];
    const nth = this.#sent[flow]++;
    if ((kind & KIND_UDP) !== 0) udpStep(this.#step, nth);
    else tcpStep(this.#step, nth, this.#plan.packetsOfFlow[flow]);
    const transportBytes = (kind & KIND_UDP) !== 0 ? UDP_HEADER_BYTES : TCP_HEADER_BYTES;
    const ipPayloadBytes = transportBytes + this.#step.payloadBytes;
    const ipBytes = (kind & KIND_IPV6) !== 0 ? 40 : 20;
    writeEthernet(view, offset, kind, this.#step.fromClient);
    writeIp(view, offset + ETHERNET_BYTES, flow, kind, this.#step.fromClient, ipPayloadBytes);
    const transport = offset + ETHERNET_BYTES + ipBytes;
    writePorts(view, transport, flow, kind, this.#step.fromClient);
    if ((kind & KIND_UDP) !== 0) view.setUint32(transport + 4, ipPayloadBytes << 16);
    else this.#writeTcp(view, transport, flow, nth);
    return ETHERNET_BYTES + ipBytes + ipPayloadBytes;
  }

  /** RFC 9293, section 3.1, behind the ports. */
  #writeTcp(view: DataView, transport: number, flow: number, nth: number): void {
    const { fromClient, tcpFlags, payloadBytes } = this.#step;
    const own = fromClient ? this.#clientSequence : this.#serverSequence;
    const other = fromClient ? this.#serverSequence : this.#clientSequence;
    view.setUint32(transport + 4, own[flow]);
    view.setUint32(transport + 8, (tcpFlags & ACK) === 0 ? 0 : other[flow]);
    view.setUint32(transport + 12, (((TCP_HEADER_BYTES / 4) << 28) | (tcpFlags << 16) | 64_240) >>> 0);
    view.setUint32(transport + 16, 0);
    view.setUint32(transport + 20, 0x0101_080a);
    view.setUint32(transport + 24, 1_000_000 + nth);
    view.setUint32(transport + 28, nth === 0 ? 0 : 999_999 + nth);
    own[flow] += payloadBytes + ((tcpFlags & (SYN | FIN)) === 0 ? 0 : 1);
  }
}

function writeEthernet(view: DataView, offset: number, kind: number, fromClient: boolean): void {
  view.setUint32(offset, 0x0200_0000);
  view.setUint16(offset + 4, fromClient ? 2 : 1);
  view.setUint32(offset + 6, 0x0200_0000);
  view.setUint16(offset + 10, fromClient ? 1 : 2);
  view.setUint16(offset + 12, (kind & KIND_IPV6) !== 0 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
}

function writeIp(
  view: DataView,
  offset: number,
  flow: number,
  kind: number,
  fromClient: boolean,
  bytes: number,
): void {
  const client = flow % CLIENTS;
  const server = Math.imul(flow, 0x9e37_79b1) >>> 26;
  const protocol = (kind & KIND_UDP) !== 0 ? PROTOCOL_UDP : PROTOCOL_TCP;
  if ((kind & KIND_IPV6) === 0) {
    view.setUint32(offset, 0x4500_0000 | (20 + bytes));
    view.setUint32(offset + 4, ((flow & 0xffff) << 16) | 0x4000);
    view.setUint32(offset + 8, (64 << 24) | (protocol << 16));
    view.setUint32(offset + (fromClient ? 12 : 16), CLIENT_IPV4 + client);
    view.setUint32(offset + (fromClient ? 16 : 12), SERVER_IPV4 + (server % SERVERS));
    return;
  }
  view.setUint32(offset, 0x6000_0000);
  view.setUint32(offset + 4, (bytes << 16) | (protocol << 8) | 64);
  writeIpv6Address(view, offset + (fromClient ? 8 : 24), 1, client);
  writeIpv6Address(view, offset + (fromClient ? 24 : 8), 2, server % SERVERS);
}

/** Unique local addresses (RFC 4193): fd00:42:`subnet`::`host`. */
function writeIpv6Address(view: DataView, offset: number, subnet: number, host: number): void {
  view.setUint32(offset, 0xfd00_0042);
  view.setUint32(offset + 4, subnet << 16);
  view.setUint32(offset + 8, 0);
  view.setUint32(offset + 12, host);
}

function writePorts(view: DataView, offset: number, flow: number, kind: number, fromClient: boolean): void {
  const clientPort = FIRST_CLIENT_PORT + Math.floor(flow / CLIENTS);
  const serverPorts = (kind & KIND_UDP) !== 0 ? UDP_PORTS : TCP_PORTS;
  const serverPort = serverPorts[flow % serverPorts.length];
  view.setUint16(offset + (fromClient ? 0 : 2), clientPort);
  view.setUint16(offset + (fromClient ? 2 : 0), serverPort);
}
