import { ORIGIN_RECEIVED, ORIGIN_SENT, ORIGIN_UNKNOWN } from '../capture/packet-sink.ts';
import { LINK_HEADER_TRUNCATED, NOT_IP, UNSUPPORTED_LINK_TYPE } from './decode-counters.ts';
import { fromEtherType } from './ether-payload.ts';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_PPP } from './ether-type.ts';
import * as link from './link-type.ts';
import type { NetworkHeader } from './network-header.ts';
import { found, fromIpVersion } from './network-header.ts';

/**
 * Steps over the headers in front of IP. Gives FOUND and fills `header`, or the cause (an index of
 * `DECODE_CAUSES`) why there is no IP packet. Reads nothing at or beyond `end`.
 */
export function findNetworkHeader(
  view: DataView,
  offset: number,
  end: number,
  linkType: number,
  header: NetworkHeader,
): number {
  header.origin = ORIGIN_UNKNOWN;
  if (linkType === link.LINKTYPE_ETHERNET) {
    if (end - offset < 14) return LINK_HEADER_TRUNCATED;
    return fromEtherType(view, offset + 14, end, view.getUint16(offset + 12), header);
  }
  switch (linkType) {
    case link.LINKTYPE_RAW:
    case link.LINKTYPE_RAW_BSD:
    case link.LINKTYPE_RAW_OPENBSD:
    case link.LINKTYPE_IPV4:
      // There are writers that put IPv6 into LINKTYPE_IPV4 too.
      return fromIpVersion(view, offset, end, header);
    case link.LINKTYPE_IPV6:
      return found(ETHERTYPE_IPV6, offset, header);
    case link.LINKTYPE_LINUX_SLL:
      return fromLinuxCooked(view, offset, end, header);
    case link.LINKTYPE_LINUX_SLL2:
      return fromLinuxCooked2(view, offset, end, header);
    case link.LINKTYPE_NULL:
    case link.LINKTYPE_LOOP:
      return fromLoopback(view, offset, end, header);
    case link.LINKTYPE_PPP:
    case link.LINKTYPE_PPP_HDLC:
      return fromPpp(view, offset, end, header);
    case link.LINKTYPE_CISCO_HDLC:
      if (end - offset < 4) return LINK_HEADER_TRUNCATED;
      if (view.getUint16(offset) === PPP_ADDRESS_CONTROL) return fromPpp(view, offset, end, header);
      return fromEtherType(view, offset + 4, end, view.getUint16(offset + 2), header);
    case link.LINKTYPE_FRAME_RELAY:
      return fromFrameRelay(view, offset, end, header);
    case link.LINKTYPE_NFLOG:
      return fromNflog(view, offset, end, header);
    case link.LINKTYPE_IPOIB:
      // 40 bytes of routing header (InfiniBand GRH), the type, two reserved bytes (RFC 4391 section 6).
      if (end - offset < 44) return LINK_HEADER_TRUNCATED;
      return fromEtherType(view, offset + 44, end, view.getUint16(offset + 40), header);
    default:
      return UNSUPPORTED_LINK_TYPE;
  }
}

/** linux/if_packet.h: PACKET_OUTGOING. */
const PACKET_OUTGOING = 4;

const originOf = (packetType: number): number =>
  packetType === PACKET_OUTGOING ? ORIGIN_SENT : ORIGIN_RECEIVED;

/** LINKTYPE_LINUX_SLL: packet type, ARPHRD type, address length, address (8), protocol. */
function fromLinuxCooked(view: DataView, offset: number, end: number, header: NetworkHeader): number {
  if (end - offset < 16) return LINK_HEADER_TRUNCATED;
  const cause = fromEtherType(view, offset + 16, end, view.getUint16(offset + 14), header);
  header.origin = originOf(view.getUint16(offset));
  return cause;
}

/** LINKTYPE_LINUX_SLL2: protocol, reserved (2), interface index (4), ARPHRD type (2), packet type (1), … */
function fromLinuxCooked2(view: DataView, offset: number, end: number, header: NetworkHeader): number {
  if (end - offset < 20) return LINK_HEADER_TRUNCATED;
  const cause = fromEtherType(view, offset + 20, end, view.getUint16(offset), header);
  header.origin = originOf(view.getUint8(offset + 10));
  return cause;
}

const AF_INET = 2;
/** AF_INET6 of Linux, NetBSD, FreeBSD and macOS. */
const AF_INET6: ReadonlySet<number> = new Set([10, 24, 28, 30]);

/** LINKTYPE_NULL and LINKTYPE_LOOP: an address family, in the byte order of whoever wrote the file. */
function fromLoopback(view: DataView, offset: number, end: number, header: NetworkHeader): number {
  if (end - offset < 4) return LINK_HEADER_TRUNCATED;
  const bigEndian = view.getUint32(offset);
  const family = bigEndian > 0xffff ? view.getUint32(offset, true) : bigEndian;
  if (family === AF_INET) return found(ETHERTYPE_IPV4, offset + 4, header);
  if (AF_INET6.has(family)) return found(ETHERTYPE_IPV6, offset + 4, header);
  return NOT_IP;
}

/** RFC 1662: the address and control bytes, which may be left out. */
const PPP_ADDRESS_CONTROL = 0xff03;

function fromPpp(view: DataView, offset: number, end: number, header: NetworkHeader): number {
  if (end - offset < 2) return LINK_HEADER_TRUNCATED;
  const framed = view.getUint16(offset) === PPP_ADDRESS_CONTROL;
  return fromEtherType(view, framed ? offset + 2 : offset, end, ETHERTYPE_PPP, header);
}

/** RFC 2427: network layer protocol ids. */
const NLPID_SNAP = 0x80;
const NLPID_IPV6 = 0x8e;
const NLPID_IPV4 = 0xcc;

/** RFC 2427: the address, whose last byte is odd, control 0x03, perhaps a pad, the protocol. Cisco: an EtherType. */
function fromFrameRelay(view: DataView, offset: number, end: number, header: NetworkHeader): number {
  let at = offset;
  while (at < end && (view.getUint8(at) & 1) === 0) at++;
  at++;
  if (end - at < 3) return LINK_HEADER_TRUNCATED;
  if (view.getUint8(at) !== 0x03) return fromEtherType(view, at + 2, end, view.getUint16(at), header);
  at += view.getUint8(at + 1) === 0 ? 2 : 1;
  const protocolId = view.getUint8(at);
  if (protocolId === NLPID_IPV4) return found(ETHERTYPE_IPV4, at + 1, header);
  if (protocolId === NLPID_IPV6) return found(ETHERTYPE_IPV6, at + 1, header);
  if (protocolId !== NLPID_SNAP || end - at < 6) return NOT_IP;
  return fromEtherType(view, at + 6, end, view.getUint16(at + 4), header);
}

/** linux/netfilter/nfnetlink_log.h. */
const NFULA_PAYLOAD = 9;

/** LINKTYPE_NFLOG: family, version, resource id, then attributes in host byte order; one is the packet. */
function fromNflog(view: DataView, offset: number, end: number, header: NetworkHeader): number {
  let at = offset + 4;
  while (end - at >= 4) {
    const littleEndian = view.getUint16(at, true) <= end - at;
    const length = view.getUint16(at, littleEndian);
    if (length < 4 || length > end - at) return NOT_IP;
    if ((view.getUint16(at + 2, littleEndian) & 0x7fff) === NFULA_PAYLOAD) {
      return fromIpVersion(view, at + 4, at + length, header);
    }
    at += (length + 3) & ~3;
  }
  return NOT_IP;
}
