import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../decode/ether-type.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../decode/link-type.ts';
import { DescriptorReadiness } from './descriptor-readiness.ts';
import { HOST_IS_LITTLE_ENDIAN } from './host-byte-order.ts';
import * as ring from './packet-ring-layout.ts';
import type { PacketSink } from './packet-sink.ts';
import { circumstances, ORIGIN_RECEIVED, ORIGIN_SENT } from './packet-sink.ts';
import type { SegmentOffload } from './packet-socket.ts';
import {
  attachFilter,
  bindToAllInterfaces,
  openPacketSocket,
  requestRing,
  requestSegmentOffload,
  takePacketStatistics,
} from './packet-socket.ts';
import type { BpfProgram } from './socket-filter.ts';
import { ARPHRD_ETHER, ARPHRD_LOOPBACK, PACKET_OUTGOING } from './socket-filter.ts';
import type { MappedMemory } from './system-calls.ts';
import { closeDescriptor, mapMemory, unmapMemory } from './system-calls.ts';

export interface RingOptions {
  /** Which packets, and how many bytes of each. */
  readonly filter: BpfProgram;
  /** Rounded down to whole blocks. */
  readonly ringBytes?: number | undefined;
  /** A multiple of 64 KiB, so that it is one of any page size; an eighth of the ring if not given. */
  readonly blockBytes?: number | undefined;
  /** How long a packet may wait in a block that is not full. */
  readonly blockTimeoutMs?: number | undefined;
}

const DEFAULT_RING_BYTES = 8 * 1024 * 1024;
const DEFAULT_BLOCK_TIMEOUT_MS = 200;

/** Waking for a block costs as much as some thousand packets, so blocks are large. */
const MAX_BLOCK_BYTES = 1024 * 1024;
const MIN_BLOCK_BYTES = 128 * 1024;

function blockBytesOf(ringBytes: number): number {
  const eighth = ringBytes / 8;
  const bytes = Math.min(Math.max(eighth, MIN_BLOCK_BYTES), MAX_BLOCK_BYTES);
  return bytes - (bytes % 65_536);
}

/** Since the start; what the kernel counts stands as of the last `readStatistics`. */
export interface RingStatistics {
  /** Frames taken from the ring. */
  readonly frames: number;
  /** Of these, frames whose link header is not known and which are not IP: the sink has not seen them. */
  readonly unsupportedLink: number;
  /** Packets that passed the filter, `kernelDrops` included. */
  readonly kernelReceived: number;
  /** Packets for which the ring had no room. */
  readonly kernelDrops: number;
  /** How often the ring was full. */
  readonly kernelFreezes: number;
}

/** A frame that no link type describes. */
const LINKTYPE_NONE = -1;

/**
 * A ring of packets that the kernel fills and this process reads in place (AF_PACKET, TPACKET_V3): see
 * https://docs.kernel.org/networking/packet_mmap.html. It sees the packets of all interfaces that its filter lets
 * pass, without making any of them promiscuous. Some packets have no valid checksum yet and no VLAN tag any more
 * (TP_STATUS_CSUMNOTREADY, TP_STATUS_VLAN_VALID); flows need neither.
 *
 * Throws NET_RAW_MISSING, CAPTURE_UNSUPPORTED, or SYSTEM_CALL_FAILED.
 */
export class AfPacketRing {
  readonly segmentOffload: SegmentOffload;
  readonly blockTimeoutMs: number;
  readonly #descriptor: number;
  readonly #readiness: DescriptorReadiness;
  readonly #memory: MappedMemory;
  readonly #view: DataView;
  readonly #words: Uint32Array;
  readonly #blockBytes: number;
  readonly #blockCount: number;
  #block = 0;
  #closed = false;
  #frames = 0;
  #unsupportedLink = 0;
  #kernelReceived = 0;
  #kernelDrops = 0;
  #kernelFreezes = 0;

  constructor(options: RingOptions) {
    const ringBytes = options.ringBytes ?? DEFAULT_RING_BYTES;
    this.#blockBytes = options.blockBytes ?? blockBytesOf(ringBytes);
    this.#blockCount = Math.max(2, Math.floor(ringBytes / this.#blockBytes));
    this.blockTimeoutMs = options.blockTimeoutMs ?? DEFAULT_BLOCK_TIMEOUT_MS;
    this.#descriptor = openPacketSocket();
    try {
      this.segmentOffload = requestSegmentOffload(this.#descriptor);
      requestRing(this.#descriptor, {
        blockBytes: this.#blockBytes,
        blockCount: this.#blockCount,
        blockTimeoutMs: this.blockTimeoutMs,
      });
      attachFilter(this.#descriptor, options.filter);
      bindToAllInterfaces(this.#descriptor);
      this.#memory = mapMemory(this.#descriptor, this.#blockBytes * this.#blockCount);
      this.#view = new DataView(this.#memory.buffer);
      this.#words = new Uint32Array(this.#memory.buffer);
    } catch (error) {
      closeDescriptor(this.#descriptor);
      throw error;
    }
    this.#readiness = new DescriptorReadiness(this.#descriptor);
  }

  get statistics(): RingStatistics {
    return {
      frames: this.#frames,
      unsupportedLink: this.#unsupportedLink,
      kernelReceived: this.#kernelReceived,
      kernelDrops: this.#kernelDrops,
      kernelFreezes: this.#kernelFreezes,
    };
  }

  /** Brings what the kernel counts into `statistics`. */
  readStatistics(): void {
    if (this.#closed) return;
    const since = takePacketStatistics(this.#descriptor);
    this.#kernelReceived += since.received;
    this.#kernelDrops += since.drops;
    this.#kernelFreezes += since.freezes;
  }

  /** Replaces the filter; no packet is lost between the two. */
  setFilter(filter: BpfProgram): void {
    if (!this.#closed) attachFilter(this.#descriptor, filter);
  }

  /** Frames have come that `drain` cannot take before the kernel hands their block over. */
  get pending(): boolean {
    return !this.#closed && this.#words[this.#currentBlock() + ring.BLOCK_PACKETS] > 0;
  }

  /** Calls `onReady` from the event loop while `drain` finds a block, until `wait` or `close`. */
  watch(onReady: () => void): void {
    this.#readiness.watch(onReady);
  }

  /** Resolves with true when `drain` finds a block, with false after `timeoutMs` and on `close`. */
  wait(timeoutMs: number): Promise<boolean> {
    return this.#readiness.wait(timeoutMs);
  }

  /** Gives the sink the frames of up to `maxBlocks` blocks, and the blocks back; returns how many there were. */
  drain(sink: PacketSink, maxBlocks: number): number {
    let drained = 0;
    while (drained < maxBlocks && this.#isReady()) {
      const block = this.#currentBlock();
      this.#deliver(sink, block * 4);
      this.#words[block + ring.BLOCK_PACKETS] = 0;
      // An atomic store is a barrier: on any processor the kernel gets the block after we have read it.
      Atomics.store(this.#words, block + ring.BLOCK_STATUS, ring.TP_STATUS_KERNEL);
      this.#block = (this.#block + 1) % this.#blockCount;
      drained++;
    }
    return drained;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#readiness.close();
    unmapMemory(this.#memory);
    closeDescriptor(this.#descriptor);
  }

  /** Where it stands in `#words`. */
  #currentBlock(): number {
    return (this.#block * this.#blockBytes) >>> 2;
  }

  #isReady(): boolean {
    if (this.#closed) return false;
    return (Atomics.load(this.#words, this.#currentBlock() + ring.BLOCK_STATUS) & ring.TP_STATUS_USER) !== 0;
  }

  #deliver(sink: PacketSink, block: number): void {
    const view = this.#view;
    const words = this.#words;
    const withSegmentOffload = this.segmentOffload === 'vnet_hdr';
    const frames = words[(block >>> 2) + ring.BLOCK_PACKETS];
    this.#frames += frames;
    let header = block + words[(block >>> 2) + ring.BLOCK_FIRST_PACKET];
    for (let frame = 0; frame < frames; frame++) {
      const linkHeaderOffset = view.getUint16(header + ring.LINK_HEADER_OFFSET, HOST_IS_LITTLE_ENDIAN);
      const start = header + linkHeaderOffset;
      const origin =
        view.getUint8(header + ring.PACKET_TYPE) === PACKET_OUTGOING ? ORIGIN_SENT : ORIGIN_RECEIVED;
      const about = withSegmentOffload
        ? circumstances(
            origin,
            view.getUint8(start + ring.VNET_GSO_TYPE),
            view.getUint16(start + ring.VNET_GSO_SIZE, HOST_IS_LITTLE_ENDIAN),
          )
        : origin;
      const hardwareType = view.getUint16(header + ring.HARDWARE_TYPE, HOST_IS_LITTLE_ENDIAN);
      let linkType = LINKTYPE_ETHERNET;
      let skipped = 0;
      if (hardwareType !== ARPHRD_ETHER && hardwareType !== ARPHRD_LOOPBACK) {
        const etherType = view.getUint16(header + ring.ETHER_TYPE);
        linkType =
          etherType === ETHERTYPE_IPV4 || etherType === ETHERTYPE_IPV6 ? LINKTYPE_RAW : LINKTYPE_NONE;
        skipped =
          view.getUint16(header + ring.NETWORK_HEADER_OFFSET, HOST_IS_LITTLE_ENDIAN) - linkHeaderOffset;
      }
      if (linkType === LINKTYPE_NONE) this.#unsupportedLink++;
      else {
        sink.packet(
          view,
          start + skipped,
          Math.max(0, words[(header + ring.CAPTURED_BYTES) >>> 2] - skipped),
          words[(header + ring.WIRE_BYTES) >>> 2] - skipped,
          linkType,
          words[(header + ring.SECONDS) >>> 2],
          words[(header + ring.NANOSECONDS) >>> 2],
          about,
        );
      }
      header += words[(header + ring.NEXT_OFFSET) >>> 2];
    }
  }
}
