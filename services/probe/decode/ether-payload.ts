import { LINK_HEADER_TRUNCATED, NOT_IP } from './decode-counters.ts';
import * as ether from './ether-type.ts';
import type { NetworkHeader } from './network-header.ts';
import { found, fromIpVersion } from './network-header.ts';
import { pppEtherType, pppProtocolBytes } from './ppp.ts';

/** How many tags, labels and nested headers one frame may stack before it is taken for nonsense. */
const MAX_NESTED_HEADERS = 16;

/**
 * Follows an EtherType over tags, labels and inner Ethernet headers to IP. `offset` stands behind the type field.
 * Gives FOUND and fills `header`, or the cause why there is no IP packet. Reads nothing at or beyond `end`.
 */
// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one case a header, and nothing else
export function fromEtherType(
  view: DataView,
  offset: number,
  end: number,
  firstEtherType: number,
  header: NetworkHeader,
): number {
  if (firstEtherType === ether.ETHERTYPE_IPV4) return found(firstEtherType, offset, header);
  let etherType = firstEtherType;
  let at = offset;
  for (let nested = 0; nested < MAX_NESTED_HEADERS; nested++) {
    switch (etherType) {
      case ether.ETHERTYPE_IPV4:
      case ether.ETHERTYPE_IPV6:
        return found(etherType, at, header);
      case ether.ETHERTYPE_VLAN:
      case ether.ETHERTYPE_QINQ:
      case ether.ETHERTYPE_QINQ_OLD:
        // IEEE 802.1Q: two bytes of tag control.
        at += 4;
        break;
      case ether.ETHERTYPE_VN_TAG:
        at += 6;
        break;
      case ether.ETHERTYPE_ARISTA:
        // Subtype and version (2 bytes each); the version says whether eight or six bytes of time follow.
        if (end - at < 4) return LINK_HEADER_TRUNCATED;
        at += (view.getUint8(at + 3) & 0xf0) === 0x20 ? 12 : 14;
        break;
      case ether.ETHERTYPE_MACSEC:
        at = behindMacsec(view, at, end);
        break;
      case ether.ETHERTYPE_BACKBONE:
        // IEEE 802.1ah: flags and service id (4 bytes), two MAC addresses.
        at += 18;
        break;
      case ether.ETHERTYPE_TRANSPARENT_ETHERNET:
        at += 14;
        break;
      case ether.ETHERTYPE_MPLS:
      case ether.ETHERTYPE_MPLS_MULTICAST: {
        const payload = behindLabels(view, at, end);
        if (payload < 0) return LINK_HEADER_TRUNCATED;
        const nibble = view.getUint8(payload) >> 4;
        if (nibble === 4 || nibble === 6) return fromIpVersion(view, payload, end, header);
        // RFC 4385: a pseudowire's control word begins with four zero bits. Then an Ethernet frame.
        at = payload + (nibble === 0 ? 18 : 14);
        break;
      }
      case ether.ETHERTYPE_NSH: {
        if (end - at < 8) return LINK_HEADER_TRUNCATED;
        const next = view.getUint8(at + 3);
        at += (view.getUint16(at) & 0x3f) * 4;
        etherType = NSH_ETHERTYPES[next] ?? 0;
        if (etherType === 0) return NOT_IP;
        continue;
      }
      case ether.ETHERTYPE_PPPOE_SESSION:
      case ether.ETHERTYPE_PPP:
        // RFC 2516 section 4: six bytes, then the PPP protocol.
        if (etherType === ether.ETHERTYPE_PPPOE_SESSION) at += 6;
        etherType = pppEtherType(view, at, end);
        if (etherType <= 0) return etherType === 0 ? NOT_IP : LINK_HEADER_TRUNCATED;
        at += pppProtocolBytes(view, at);
        continue;
      default:
        if (etherType >= ether.ETHERTYPE_MINIMUM || end - at < 3) return NOT_IP;
        if (isIpSap(view, at)) return found(ether.ETHERTYPE_IPV4, at + 3, header);
        if (end - at < 8 || !isSnap(view, at)) return NOT_IP;
        at += 8;
    }
    // What was stepped over ends with the next type.
    if (at < 0) return NOT_IP;
    if (at > end) return LINK_HEADER_TRUNCATED;
    etherType = view.getUint16(at - 2);
  }
  return NOT_IP;
}

/** RFC 8300 section 2.2: the next protocol after a service header. */
const NSH_ETHERTYPES: Readonly<Record<number, number>> = {
  1: ether.ETHERTYPE_IPV4,
  2: ether.ETHERTYPE_IPV6,
  3: ether.ETHERTYPE_TRANSPARENT_ETHERNET,
  5: ether.ETHERTYPE_MPLS,
};

/** IEEE 802.2: the service access point of IP, unnumbered information. */
function isIpSap(view: DataView, at: number): boolean {
  return view.getUint16(at) === 0x0606 && view.getUint8(at + 2) === 0x03;
}

/** RFC 1042: SNAP with an organization code of zero, which an EtherType follows. */
function isSnap(view: DataView, at: number): boolean {
  return view.getUint32(at) === 0xaaaa0300 && view.getUint16(at + 4) === 0;
}

/** RFC 3032: 4-byte labels up to the one whose bottom-of-stack bit is set; -1 when they are cut off. */
function behindLabels(view: DataView, offset: number, end: number): number {
  for (let at = offset; end - at > 4; at += 4) {
    if ((view.getUint8(at + 2) & 1) === 1) return at + 4;
  }
  return -1;
}

/** IEEE 802.1AE: encrypted or changed text (the E and C bits) can't be read; the channel id (SC) is optional. */
function behindMacsec(view: DataView, at: number, end: number): number {
  if (end <= at) return -1;
  const tag = view.getUint8(at);
  if ((tag & 0x0c) !== 0) return -1;
  return at + ((tag & 0x20) === 0 ? 8 : 16);
}
