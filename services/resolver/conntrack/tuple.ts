import { ICMP, ICMPV6 } from '../../core/protocol.ts';
import { hostShort } from './netlink-message.ts';

// linux/netfilter/nfnetlink_conntrack.h.
const CTA_TUPLE_IP = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_IP_V4_SRC = 1;
const CTA_IP_V4_DST = 2;
const CTA_IP_V6_SRC = 3;
const CTA_IP_V6_DST = 4;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_SRC_PORT = 2;
const CTA_PROTO_DST_PORT = 3;
const CTA_PROTO_ICMP_TYPE = 5;
const CTA_PROTO_ICMP_CODE = 6;
const CTA_PROTO_ICMPV6_TYPE = 8;
const CTA_PROTO_ICMPV6_CODE = 9;

/** struct nlattr: length (2), type (2); the two upper bits of the type are flags. */
export const ATTRIBUTE_BYTES = 4;
export const ATTRIBUTE_TYPE_MASK = 0x3fff;

/** One direction of a connection. It is filled again for each entry, and its addresses are places in the message. */
export class Tuple {
  /** 4, 16, or 0 where nothing was read. */
  addressBytes = 0;
  sourceAt = 0;
  destinationAt = 0;
  protocol = 0;
  /** Ports; of ICMP type and code. 0 where the protocol has neither. */
  sourcePort = 0;
  destinationPort = 0;

  get isIcmp(): boolean {
    return this.protocol === ICMP || this.protocol === ICMPV6;
  }

  /** Reads the attributes below CTA_TUPLE_…; false where they are damaged, or not all there. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.addressBytes = this.sourceAt = this.destinationAt = 0;
    this.protocol = -1;
    this.sourcePort = this.destinationPort = 0;
    for (let at = start; at + ATTRIBUTE_BYTES <= end; ) {
      const length = hostShort(bytes, at);
      if (length < ATTRIBUTE_BYTES || at + length > end) return false;
      const type = hostShort(bytes, at + 2) & ATTRIBUTE_TYPE_MASK;
      if (type === CTA_TUPLE_IP) this.#readAddresses(bytes, at + ATTRIBUTE_BYTES, at + length);
      else if (type === CTA_TUPLE_PROTO) this.#readProtocol(bytes, at + ATTRIBUTE_BYTES, at + length);
      at += (length + 3) & ~3;
    }
    return this.sourceAt > 0 && this.destinationAt > 0 && this.protocol >= 0;
  }

  #readAddresses(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at + ATTRIBUTE_BYTES <= end; ) {
      const length = hostShort(bytes, at);
      if (length < ATTRIBUTE_BYTES || at + length > end) return;
      const type = hostShort(bytes, at + 2) & ATTRIBUTE_TYPE_MASK;
      const size = length - ATTRIBUTE_BYTES;
      const isFitting = type <= CTA_IP_V4_DST ? size === 4 : size === 16;
      if (isFitting && (this.addressBytes === 0 || this.addressBytes === size)) {
        this.addressBytes = size;
        if (type === CTA_IP_V4_SRC || type === CTA_IP_V6_SRC) this.sourceAt = at + ATTRIBUTE_BYTES;
        else if (type === CTA_IP_V4_DST || type === CTA_IP_V6_DST) this.destinationAt = at + ATTRIBUTE_BYTES;
      }
      at += (length + 3) & ~3;
    }
  }

  #readProtocol(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at + ATTRIBUTE_BYTES <= end; ) {
      const length = hostShort(bytes, at);
      if (length < ATTRIBUTE_BYTES || at + length > end) return;
      const value = at + ATTRIBUTE_BYTES;
      const byte = length > ATTRIBUTE_BYTES ? bytes[value] : 0;
      // Ports are in network order.
      const short = length >= ATTRIBUTE_BYTES + 2 ? (bytes[value] << 8) | bytes[value + 1] : 0;
      switch (hostShort(bytes, at + 2) & ATTRIBUTE_TYPE_MASK) {
        case CTA_PROTO_NUM:
          this.protocol = length > ATTRIBUTE_BYTES ? byte : -1;
          break;
        case CTA_PROTO_SRC_PORT:
          this.sourcePort = short;
          break;
        case CTA_PROTO_DST_PORT:
          this.destinationPort = short;
          break;
        case CTA_PROTO_ICMP_TYPE:
        case CTA_PROTO_ICMPV6_TYPE:
          this.sourcePort = byte;
          break;
        case CTA_PROTO_ICMP_CODE:
        case CTA_PROTO_ICMPV6_CODE:
          this.destinationPort = byte;
          break;
      }
      at += (length + 3) & ~3;
    }
  }
}
