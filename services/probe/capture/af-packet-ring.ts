import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../decode/ether-type.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../decode/link-type.ts';
import { DescriptorReadiness } from './descriptor-readiness.ts';
import { HOST_IS_LITTLE_ENDIAN } from './host-byte-order.ts';
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
  /** A multiple of 64 KiB, so that it is one of any page size. */
  readonly blockBytes?: number | undefined;
  /** How long a packet may wait in a block that is not full. */
  readonly blockTimeoutMs?: number | undefined;
}

const DEFAULT_RING_BYTES = 8 * 1024 * 1024;
const DEFAULT_BLOCK_BYTES = 256 * 1024;
const DEFAULT_BLOCK_TIMEOUT_MS = 100;

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

// struct tpacket_block_desc (linux/if_packet.h), in 32-bit words.
const BLOCK_STATUS = 2;
const BLOCK_PACKETS = 3;
const BLOCK_FIRST_PACKET = 4;
const TP_STATUS_KERNEL = 0;
const TP_STATUS_USER = 1;

// struct tpacket3_hdr, then struct sockaddr_ll at 48, in bytes.
const NEXT_OFFSET = 0;
const SECONDS = 4;
const NANOSECONDS = 8;
const CAPTURED_BYTES = 12;
const WIRE_BYTES = 16;
const LINK_HEADER_OFFSET = 24;
const NETWORK_HEADER_OFFSET = 26;
const ETHER_TYPE = 48 + 2;
const HARDWARE_TYPE = 48 + 8;
const PACKET_TYPE = 48 + 10;

// struct virtio_net_hdr (linux/virtio_net.h), which ends where the frame begins.
const VNET_GSO_TYPE = 1 - 10;
const VNET_GSO_SIZE = 4 - 10;

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
    this.#blockBytes = options.blockBytes ?? DEFAULT_BLOCK_BYTES;
    this.#blockCount = Math.max(2, Math.floor((options.ringBytes ?? DEFAULT_RING_BYTES) / this.#blockBytes));
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
    return !this.#closed && this.#words[this.#currentBlock() + BLOCK_PACKETS] > 0;
  }

  /**
   * Resolves with true when `drain` finds a block, with false after `timeoutMs`, on `wake` and on `close`. It goes
   * round the event loop in any case, so a loop of `drain` and `wait` leaves timers their time.
   */
  wait(timeoutMs: number): Promise<boolean> {
    return this.#readiness.wait(timeoutMs);
  }

  /** Ends a pending `wait`. */
  wake(): void {
    this.#readiness.wake();
  }

  /** Gives the sink the frames of up to `maxBlocks` blocks, and the blocks back; returns how many there were. */
  drain(sink: PacketSink, maxBlocks: number): number {
    let drained = 0;
    while (drained < maxBlocks && this.#isReady()) {
      const block = this.#currentBlock();
      this.#deliver(sink, block * 4);
      this.#words[block + BLOCK_PACKETS] = 0;
      // An atomic store is a barrier: on any processor the kernel gets the block after we have read it.
      Atomics.store(this.#words, block + BLOCK_STATUS, TP_STATUS_KERNEL);
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
    return (Atomics.load(this.#words, this.#currentBlock() + BLOCK_STATUS) & TP_STATUS_USER) !== 0;
  }

  #deliver(sink: PacketSink, block: number): void {
    const view = this.#view;
    const words = this.#words;
    const withSegmentOffload = this.segmentOffload === 'vnet_hdr';
    const frames = words[(block >>> 2) + BLOCK_PACKETS];
    this.#frames += frames;
    let header = block + words[(block >>> 2) + BLOCK_FIRST_PACKET];
    for (let frame = 0; frame < frames; frame++) {
      const linkHeaderOffset = view.getUint16(header + LINK_HEADER_OFFSET, HOST_IS_LITTLE_ENDIAN);
      const start = header + linkHeaderOffset;
      const origin = view.getUint8(header + PACKET_TYPE) === PACKET_OUTGOING ? ORIGIN_SENT : ORIGIN_RECEIVED;
      const about = withSegmentOffload
        ? circumstances(
            origin,
            view.getUint8(start + VNET_GSO_TYPE),
            view.getUint16(start + VNET_GSO_SIZE, HOST_IS_LITTLE_ENDIAN),
          )
        : origin;
      const hardwareType = view.getUint16(header + HARDWARE_TYPE, HOST_IS_LITTLE_ENDIAN);
      const etherType = view.getUint16(header + ETHER_TYPE);
      let linkType = LINKTYPE_ETHERNET;
      let skipped = 0;
      if (hardwareType !== ARPHRD_ETHER && hardwareType !== ARPHRD_LOOPBACK) {
        linkType =
          etherType === ETHERTYPE_IPV4 || etherType === ETHERTYPE_IPV6 ? LINKTYPE_RAW : LINKTYPE_NONE;
        skipped = view.getUint16(header + NETWORK_HEADER_OFFSET, HOST_IS_LITTLE_ENDIAN) - linkHeaderOffset;
      }
      if (linkType === LINKTYPE_NONE) this.#unsupportedLink++;
      else {
        sink.packet(
          view,
          start + skipped,
          Math.max(0, words[(header + CAPTURED_BYTES) >>> 2] - skipped),
          words[(header + WIRE_BYTES) >>> 2] - skipped,
          linkType,
          words[(header + SECONDS) >>> 2],
          words[(header + NANOSECONDS) >>> 2],
          about,
        );
      }
      header += words[(header + NEXT_OFFSET) >>> 2];
    }
  }
}
