import { HOST_IS_LITTLE_ENDIAN } from './host-byte-order.ts';
import { netRawMissing } from './net-raw.ts';
import type { BpfProgram } from './socket-filter.ts';
import { encodeProgram } from './socket-filter.ts';
import {
  AF_PACKET,
  attachSocketFilter,
  bindSocket,
  errnoName,
  getSocketOption,
  openSocket,
  SOCK_RAW,
  setSocketOption,
} from './system-calls.ts';

/** What the kernel tells of merged frames: the size of the packets they stand for, or nothing. */
export type SegmentOffload = 'vnet_hdr' | 'none';

export interface RingShape {
  readonly blockBytes: number;
  readonly blockCount: number;
  /** After this time the kernel hands over a block that is not full. */
  readonly blockTimeoutMs: number;
}

/** What happened since the statistics were last read. */
export interface PacketStatistics {
  /** Packets that passed the filter, dropped ones included. */
  readonly received: number;
  /** Packets for which there was no room. */
  readonly drops: number;
  /** How often the ring was full. */
  readonly freezes: number;
}

// linux/socket.h, linux/if_packet.h, linux/if_ether.h.
const SOL_PACKET = 263;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const PACKET_VNET_HDR = 15;
const TPACKET_V3 = 2;
const ETH_P_ALL = 3;

/** The kernel asks for a frame size, and with TPACKET_V3 only checks that it divides the block. */
const NOMINAL_FRAME_BYTES = 2048;

/** Opens a packet socket of TPACKET_V3 that sees no packet until it is bound. Throws NET_RAW_MISSING. */
export function openPacketSocket(): number {
  let descriptor: number;
  try {
    descriptor = openSocket(AF_PACKET, SOCK_RAW, 0);
  } catch (error) {
    throw errnoName(error) === 'EPERM' ? netRawMissing(error) : error;
  }
  setSocketOption(descriptor, SOL_PACKET, PACKET_VERSION, new Uint32Array([TPACKET_V3]), 'TPACKET_V3');
  return descriptor;
}

/**
 * Asks for a struct virtio_net_hdr in front of each frame. Before the ring only. A kernel that has it drops, and
 * counts as dropped, what the header cannot express: merged SCTP, and before Linux 6.2 merged UDP.
 */
export function requestSegmentOffload(descriptor: number): SegmentOffload {
  try {
    setSocketOption(descriptor, SOL_PACKET, PACKET_VNET_HDR, new Uint32Array([1]), 'PACKET_VNET_HDR');
    return 'vnet_hdr';
  } catch {
    return 'none';
  }
}

export function requestRing(descriptor: number, shape: RingShape): void {
  const ringBytes = shape.blockBytes * shape.blockCount;
  // struct tpacket_req3.
  const request = new Uint32Array([
    shape.blockBytes,
    shape.blockCount,
    NOMINAL_FRAME_BYTES,
    ringBytes / NOMINAL_FRAME_BYTES,
    shape.blockTimeoutMs,
    0,
    0,
  ]);
  setSocketOption(descriptor, SOL_PACKET, PACKET_RX_RING, request, `a packet ring of ${ringBytes} bytes`);
}

/** Replaces the socket's filter: each packet meets the old one or the new one. */
export function attachFilter(descriptor: number, program: BpfProgram): void {
  attachSocketFilter(descriptor, encodeProgram(program));
}

/** From here on the socket sees the packets of all interfaces, also of those that appear later. */
export function bindToAllInterfaces(descriptor: number): void {
  // struct sockaddr_ll: family (2), protocol (2, network order), interface index (4), then what bind ignores.
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, AF_PACKET, HOST_IS_LITTLE_ENDIAN);
  address.setUint16(2, ETH_P_ALL);
  bindSocket(descriptor, new Uint8Array(address.buffer));
}

/** Reads struct tpacket_stats_v3, which the kernel then sets to zero. */
export function takePacketStatistics(descriptor: number): PacketStatistics {
  const [received, drops, freezes] = getSocketOption(
    descriptor,
    SOL_PACKET,
    PACKET_STATISTICS,
    new Uint32Array(3),
  );
  return { received, drops, freezes };
}
