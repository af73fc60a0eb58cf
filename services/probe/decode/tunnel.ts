import { GRE, IPV4, IPV6, UDP } from '../../core/protocol.ts';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_TRANSPARENT_ETHERNET } from './ether-type.ts';
import { findNetworkHeader } from './link-layer.ts';
import { LINKTYPE_ETHERNET } from './link-type.ts';
import type { NetworkHeader } from './network-header.ts';
import { FOUND } from './network-header.ts';

/** Tunnels whose inner packets can be reported in place of the outer ones. */
export const TUNNELS = ['vxlan', 'geneve', 'gre', 'ipip'] as const;
export type Tunnel = (typeof TUNNELS)[number];

const VXLAN_BIT = 1;
const GENEVE_BIT = 2;
const GRE_BIT = 4;
const IPIP_BIT = 8;

const BITS: Readonly<Record<Tunnel, number>> = {
  vxlan: VXLAN_BIT,
  geneve: GENEVE_BIT,
  gre: GRE_BIT,
  ipip: IPIP_BIT,
};

/** The set of tunnels as an integer for `findInnerPacket`. */
export function tunnelMask(tunnels: readonly Tunnel[]): number {
  return tunnels.reduce((mask, tunnel) => mask | BITS[tunnel], 0);
}

/** RFC 7348; 8472 is what Linux and flannel used before the number was assigned. */
const VXLAN_PORT = 4789;
const VXLAN_PORT_LINUX = 8472;
/** RFC 8926. */
const GENEVE_PORT = 6081;

/**
 * Whether the IP payload at `offset` is a tunnel of `mask` that carries IP; then `header` tells where the inner
 * packet stands. Reads nothing at or beyond `end`.
 */
export function findInnerPacket(
  view: DataView,
  protocol: number,
  offset: number,
  end: number,
  mask: number,
  header: NetworkHeader,
): boolean {
  switch (protocol) {
    case IPV4:
      return (mask & IPIP_BIT) !== 0 && located(ETHERTYPE_IPV4, offset, end, header);
    case IPV6:
      return (mask & IPIP_BIT) !== 0 && located(ETHERTYPE_IPV6, offset, end, header);
    case GRE:
      return (mask & GRE_BIT) !== 0 && insideGre(view, offset, end, header);
    case UDP:
      return insideUdp(view, offset, end, mask, header);
    default:
      return false;
  }
}

function located(etherType: number, offset: number, end: number, header: NetworkHeader): boolean {
  if (offset >= end) return false;
  header.etherType = etherType;
  header.offset = offset;
  return true;
}

function insideUdp(
  view: DataView,
  offset: number,
  end: number,
  mask: number,
  header: NetworkHeader,
): boolean {
  const payload = offset + 8;
  if (end - payload < 8) return false;
  const port = view.getUint16(offset + 2);
  if (port === GENEVE_PORT && (mask & GENEVE_BIT) !== 0) {
    // RFC 8926 section 3.4: option length in 4-byte words, then flags, then the protocol type.
    const inner = payload + 8 + (view.getUint8(payload) & 0x3f) * 4;
    return insideEtherType(view, view.getUint16(payload + 2), inner, end, header);
  }
  if ((port === VXLAN_PORT || port === VXLAN_PORT_LINUX) && (mask & VXLAN_BIT) !== 0) {
    return findNetworkHeader(view, payload + 8, end, LINKTYPE_ETHERNET, header) === FOUND;
  }
  return false;
}

/** RFC 2784 and RFC 2890: checksum, key and sequence number are there if their flags are. */
function insideGre(view: DataView, offset: number, end: number, header: NetworkHeader): boolean {
  if (end - offset < 4) return false;
  const flags = view.getUint16(offset);
  // Version 1 (PPTP, RFC 2637) and source routes (RFC 1701) carry something else.
  if ((flags & 0x4007) !== 0) return false;
  const optional = ((flags >> 15) & 1) + ((flags >> 13) & 1) + ((flags >> 12) & 1);
  return insideEtherType(view, view.getUint16(offset + 2), offset + 4 + optional * 4, end, header);
}

function insideEtherType(
  view: DataView,
  etherType: number,
  offset: number,
  end: number,
  header: NetworkHeader,
): boolean {
  if (etherType === ETHERTYPE_TRANSPARENT_ETHERNET) {
    return findNetworkHeader(view, offset, end, LINKTYPE_ETHERNET, header) === FOUND;
  }
  if (etherType !== ETHERTYPE_IPV4 && etherType !== ETHERTYPE_IPV6) return false;
  return located(etherType, offset, end, header);
}
