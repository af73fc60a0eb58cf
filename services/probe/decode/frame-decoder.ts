import { icmpCounterpart, icmpv6Counterpart } from '../../core/icmp.ts';
import { ICMP, ICMPV6, SCTP, TCP, UDP } from '../../core/protocol.ts';
import { ORIGIN_SENT } from '../capture/packet-sink.ts';
import type { Shard } from './common-frame.ts';
import { DECODED, decodeCommonFrame, UNDECODED, WHOLE } from './common-frame.ts';
import type { DecodeCounters } from './decode-counters.ts';
import * as cause from './decode-counters.ts';
import { createDecodeCounters } from './decode-counters.ts';
import { ETHERTYPE_IPV4 } from './ether-type.ts';
import { FragmentTable } from './fragment-table.ts';
import type { Ipv6Payload } from './ipv6-extensions.ts';
import { walkIpv6Extensions } from './ipv6-extensions.ts';
import { findNetworkHeader } from './link-layer.ts';
import { LINKTYPE_ETHERNET } from './link-type.ts';
import type { NetworkHeader } from './network-header.ts';
import { FOUND } from './network-header.ts';
import { hashKey, setIpv4Key, setIpv6Key } from './packet-key.ts';
import * as row from './packet-row.ts';
import type { Tunnel } from './tunnel.ts';
import { findInnerPacket, tunnelMask } from './tunnel.ts';

export interface FrameDecoderOptions {
  /** Tunnels to look into; the others are reported by their outer packets. */
  readonly decapsulate: readonly Tunnel[];
  /** How many fragmented datagrams to remember. */
  readonly fragmentCapacity: number;
  /** Seed of the flow table's hash; secret where traffic is hostile. */
  readonly hashSeed: number;
  /** Packets of other shards may be skipped; without it, none is. */
  readonly shard?: Shard;
}

/** Tunnels inside tunnels that are unwrapped before the packet is taken as it stands. */
const MAX_TUNNEL_DEPTH = 4;

/** The largest length a frame without one of its own is believed to have: twice the kernel's GSO_MAX_SIZE. */
const MAX_FRAME_BYTES = 1 << 20;

/** struct virtio_net_hdr (linux/virtio_net.h): the type without its ECN bit. */
const GSO_TYPE_MASK = 0x7f;
const GSO_UDP = 3;
const GSO_UDP_L4 = 5;

/**
 * Turns frames into packet rows (packet-row.ts). Never throws and never reads outside the captured bytes, whatever
 * these are; what it can't decode it counts by cause.
 */
export class FrameDecoder {
  readonly counters: DecodeCounters = createDecodeCounters();
  readonly #fragments: FragmentTable;
  readonly #tunnels: number;
  readonly #hashSeed: number;
  readonly #shard: Shard;
  readonly #header: NetworkHeader = { etherType: 0, offset: 0, origin: 0 };
  readonly #ipv6: Ipv6Payload = { protocol: 0, offset: 0, fragmentOffset: 0, truncated: false };
  // What the IP header said, for the transport layer.
  #ipOffset = 0;
  #isIpv4 = true;
  #protocol = 0;
  #payloadOffset = 0;
  /** End of the captured part of the IP packet. */
  #payloadEnd = 0;
  /** IP payload by the header's length, captured or not. */
  #payloadBytes = 0;
  #isLaterFragment = false;
  #isFragment = false;
  // What the transport header said.
  #kind = 0;
  #ports = 0;
  #transportHeaderBytes = 0;

  constructor(options: FrameDecoderOptions) {
    this.#fragments = new FragmentTable(options.fragmentCapacity, options.hashSeed, this.counters);
    this.#tunnels = tunnelMask(options.decapsulate);
    this.#hashSeed = options.hashSeed;
    this.#shard = options.shard ?? WHOLE;
  }

  /**
   * Decodes one frame into the row at `base`, all words but the time stamp: DECODED. UNDECODED when it holds no IP
   * packet, whose cause is counted; SKIPPED where another shard's packet was not worth a row.
   */
  decode(
    view: DataView,
    offset: number,
    capturedBytes: number,
    wireBytes: number,
    linkType: number,
    seconds: number,
    circumstances: number,
    words: Int32Array,
    base: number,
  ): number {
    if (linkType === LINKTYPE_ETHERNET && this.#tunnels === 0 && circumstances >>> 0 <= ORIGIN_SENT) {
      const result = decodeCommonFrame(view, offset, capturedBytes, this.#hashSeed, this.#shard, words, base);
      words[base + row.ORIGIN] = circumstances;
      if (result !== UNDECODED) return result;
    }
    return this.#decodeAny(
      view,
      offset,
      capturedBytes,
      wireBytes,
      linkType,
      seconds,
      circumstances,
      words,
      base,
    );
  }

  #decodeAny(
    view: DataView,
    offset: number,
    capturedBytes: number,
    wireBytes: number,
    linkType: number,
    seconds: number,
    circumstances: number,
    words: Int32Array,
    base: number,
  ): number {
    const end = offset + capturedBytes;
    const header = this.#header;
    let failure = findNetworkHeader(view, offset, end, linkType, header);
    const origin = circumstances & 3 || header.origin;
    if (failure === FOUND) failure = this.#readIp(view, end, words, base);
    if (failure !== FOUND) {
      this.counters[failure]++;
      return UNDECODED;
    }
    const gsoSize = circumstances >>> 16;
    if (words[base + row.IP_BYTES] === 0) this.#missingLength(offset, wireBytes, gsoSize, words, base);
    if (this.#tunnels !== 0) this.#enterTunnels(view, words, base);
    words[base + row.ORIGIN] = origin;
    words[base + row.PACKETS] = 1;
    words[base + row.TCP] = 0;
    words[base + row.PAYLOAD_BYTES] = 0;
    this.#readTransport(view, seconds, words, base);
    if (this.#isIpv4) {
      const ip = this.#ipOffset;
      setIpv4Key(words, base, this.#kind, this.#ports, view.getInt32(ip + 12), view.getInt32(ip + 16));
    } else {
      setIpv6Key(words, base, this.#kind, this.#ports, view, this.#ipOffset);
    }
    words[base + row.HASH] = hashKey(words, base, this.#hashSeed);
    if (gsoSize !== 0) this.#countMergedPackets((circumstances >> 8) & GSO_TYPE_MASK, gsoSize, words, base);
    return DECODED;
  }

  #readIp(view: DataView, end: number, words: Int32Array, base: number): number {
    return this.#header.etherType === ETHERTYPE_IPV4
      ? this.#readIpv4(view, end, words, base)
      : this.#readIpv6(view, end, words, base);
  }

  /** RFC 791 section 3.1. */
  #readIpv4(view: DataView, end: number, words: Int32Array, base: number): number {
    const ip = this.#header.offset;
    if (end - ip < 20) return cause.IP_HEADER_TRUNCATED;
    const versionAndLength = view.getUint8(ip);
    if (versionAndLength >> 4 !== 4) return cause.IP_VERSION_INVALID;
    const headerBytes = (versionAndLength & 0x0f) << 2;
    if (headerBytes < 20) return cause.IP_HEADER_LENGTH_INVALID;
    if (headerBytes > end - ip) return cause.IP_HEADER_TRUNCATED;
    const totalBytes = view.getUint16(ip + 2);
    if (totalBytes !== 0 && totalBytes < headerBytes) return cause.IP_LENGTH_INVALID;
    const fragment = view.getUint16(ip + 6);
    this.#isIpv4 = true;
    this.#ipOffset = ip;
    this.#protocol = view.getUint8(ip + 9);
    this.#payloadOffset = ip + headerBytes;
    this.#payloadBytes = totalBytes === 0 ? 0 : totalBytes - headerBytes;
    this.#payloadEnd = totalBytes === 0 ? end : Math.min(end, ip + totalBytes);
    // More-fragments flag and fragment offset.
    this.#isFragment = (fragment & 0x3fff) !== 0;
    this.#isLaterFragment = (fragment & 0x1fff) !== 0;
    if (this.#isFragment) this.#fragments.select(view, ip + 12, 1, this.#protocol, view.getUint16(ip + 4));
    words[base + row.IP_BYTES] = totalBytes;
    return FOUND;
  }

  /** RFC 8200 section 3. */
  #readIpv6(view: DataView, end: number, words: Int32Array, base: number): number {
    const ip = this.#header.offset;
    if (end - ip < 40) return cause.IP_HEADER_TRUNCATED;
    if (view.getUint8(ip) >> 4 !== 6) return cause.IP_VERSION_INVALID;
    const payloadBytes = view.getUint16(ip + 4);
    const payloadEnd = payloadBytes === 0 ? end : Math.min(end, ip + 40 + payloadBytes);
    const found = this.#ipv6;
    walkIpv6Extensions(view, view.getUint8(ip + 6), ip + 40, payloadEnd, found);
    if (found.truncated) this.counters[cause.IP_EXTENSION_TRUNCATED]++;
    this.#isIpv4 = false;
    this.#ipOffset = ip;
    this.#protocol = found.protocol;
    this.#payloadOffset = found.offset;
    this.#payloadBytes = Math.max(0, payloadBytes - (found.offset - ip - 40));
    this.#payloadEnd = payloadEnd;
    this.#isFragment = false;
    this.#isLaterFragment = false;
    if (found.fragmentOffset !== 0) {
      // RFC 8200 section 4.5.
      this.#isFragment = true;
      this.#isLaterFragment = (view.getUint16(found.fragmentOffset + 2) & 0xfff8) !== 0;
      this.#fragments.select(view, ip + 8, 4, 0, view.getInt32(found.fragmentOffset + 4));
    }
    words[base + row.IP_BYTES] = payloadBytes === 0 ? 0 : payloadBytes + 40;
    return FOUND;
  }

  /** Offloads write a length of zero: the frame's own length stands in, but for IPv6 only where it is an offload. */
  #missingLength(offset: number, wireBytes: number, gsoSize: number, words: Int32Array, base: number): void {
    if (gsoSize === 0) this.counters[cause.IP_LENGTH_MISSING]++;
    if (gsoSize === 0 && !this.#isIpv4) return;
    this.#takeLength(Math.min(wireBytes, MAX_FRAME_BYTES) - (this.#ipOffset - offset), words, base);
  }

  #takeLength(ipBytes: number, words: Int32Array, base: number): void {
    words[base + row.IP_BYTES] = Math.max(0, ipBytes);
    this.#payloadBytes = Math.max(0, ipBytes - (this.#payloadOffset - this.#ipOffset));
  }

  #enterTunnels(view: DataView, words: Int32Array, base: number): void {
    const inner = this.#header;
    for (let depth = 0; !this.#isFragment; depth++) {
      const end = this.#payloadEnd;
      const outerEnd = this.#payloadOffset + this.#payloadBytes;
      if (!findInnerPacket(view, this.#protocol, this.#payloadOffset, end, this.#tunnels, inner)) return;
      if (depth === MAX_TUNNEL_DEPTH) {
        this.counters[cause.TUNNEL_TOO_DEEP]++;
        return;
      }
      if (this.#readIp(view, end, words, base) !== FOUND) {
        this.counters[cause.TUNNEL_HEADER_TRUNCATED]++;
        return;
      }
      if (words[base + row.IP_BYTES] === 0) this.#takeLength(outerEnd - this.#ipOffset, words, base);
    }
  }

  #readTransport(view: DataView, seconds: number, words: Int32Array, base: number): void {
    this.#kind = this.#protocol | (this.#isIpv4 ? 0x400 : 0x600);
    this.#ports = 0;
    this.#transportHeaderBytes = 0;
    if (this.#isFragment) this.counters[cause.FRAGMENTS]++;
    if (this.#isLaterFragment) {
      this.#recallFirstFragment(seconds);
      return;
    }
    switch (this.#protocol) {
      case TCP:
        this.#readTcp(view, words, base);
        break;
      case UDP:
      case SCTP:
        if (this.#readPorts(view, 4)) this.#transportHeaderBytes = this.#protocol === UDP ? 8 : 12;
        break;
      case ICMP:
        if (this.#isIpv4) this.#readIcmp(view, icmpCounterpart);
        break;
      case ICMPV6:
        if (!this.#isIpv4) this.#readIcmp(view, icmpv6Counterpart);
        break;
    }
    if (!this.#isFragment) return;
    // The stream position of what follows is not known.
    words[base + row.TCP] &= 0xff;
    if ((this.#kind & row.KIND_PORTS) === 0) this.#recallFirstFragment(seconds);
    else this.#fragments.remember(this.#kind, this.#ports, seconds);
  }

  #recallFirstFragment(seconds: number): void {
    if (this.#fragments.recall(seconds)) {
      this.#kind = this.#fragments.kind;
      this.#ports = this.#fragments.ports;
    } else {
      this.counters[cause.FRAGMENT_WITHOUT_FIRST]++;
    }
  }

  #readPorts(view: DataView, neededBytes: number): boolean {
    if (this.#payloadEnd - this.#payloadOffset < neededBytes) {
      this.counters[cause.TRANSPORT_HEADER_TRUNCATED]++;
      return false;
    }
    this.#kind |= row.KIND_PORTS;
    this.#ports = view.getInt32(this.#payloadOffset);
    return true;
  }

  /** RFC 9293 section 3.1. */
  #readTcp(view: DataView, words: Int32Array, base: number): void {
    if (!this.#readPorts(view, 4)) return;
    const tcp = this.#payloadOffset;
    if (this.#payloadEnd - tcp < 20) {
      this.counters[cause.TRANSPORT_HEADER_TRUNCATED]++;
      return;
    }
    const headerBytes = (view.getUint8(tcp + 12) >> 4) << 2;
    if (headerBytes < 20) {
      this.counters[cause.TRANSPORT_HEADER_INVALID]++;
      return;
    }
    const zeroWindow = view.getUint16(tcp + 14) === 0 ? row.TCP_ZERO_WINDOW : 0;
    words[base + row.SEQUENCE] = view.getInt32(tcp + 4);
    words[base + row.ACKNOWLEDGMENT] = view.getInt32(tcp + 8);
    words[base + row.TCP] = view.getUint8(tcp + 13) | row.TCP_PRESENT | zeroWindow;
    words[base + row.PAYLOAD_BYTES] = Math.max(0, this.#payloadBytes - headerBytes);
    this.#transportHeaderBytes = headerBytes;
  }

  /** RFC 792 and RFC 4443: type and code. The type stands for the sender's port, its counterpart for the other's. */
  #readIcmp(view: DataView, counterpartOf: (type: number) => number): void {
    if (this.#payloadEnd - this.#payloadOffset < 4) {
      this.counters[cause.TRANSPORT_HEADER_TRUNCATED]++;
      return;
    }
    const type = view.getUint8(this.#payloadOffset);
    const counterpart = counterpartOf(type);
    if (counterpart < 0) {
      this.#kind |= row.KIND_PORTS | row.KIND_ONE_WAY;
      this.#ports = (type << 16) | view.getUint8(this.#payloadOffset + 1);
    } else {
      this.#kind |= row.KIND_PORTS;
      this.#ports = (type << 16) | counterpart;
    }
  }

  /** A frame merged by segmentation offload counts as the packets it stands for, each with its own headers. */
  #countMergedPackets(gsoType: number, gsoSize: number, words: Int32Array, base: number): void {
    if (gsoType === 0) return;
    const protocol = gsoType === GSO_UDP || gsoType === GSO_UDP_L4 ? UDP : TCP;
    if (this.#transportHeaderBytes === 0 || this.#protocol !== protocol) {
      this.counters[cause.OFFLOAD_UNRESOLVED]++;
      return;
    }
    const payloadBytes = this.#payloadBytes - this.#transportHeaderBytes;
    const packets = Math.ceil(payloadBytes / gsoSize);
    if (packets <= 1) return;
    const headerBytes = this.#payloadOffset - this.#ipOffset + this.#transportHeaderBytes;
    words[base + row.PACKETS] = packets;
    words[base + row.IP_BYTES] += (packets - 1) * headerBytes;
  }
}
