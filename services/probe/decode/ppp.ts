import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_MPLS } from './ether-type.ts';

/** IANA "PPP DLL Protocol Numbers". */
const PPP_IPV4 = 0x21;
const PPP_IPV6 = 0x57;
const PPP_MPLS = 0x281;

/** The EtherType that stands for the PPP protocol at `offset`; 0 for one without IP, -1 when it is cut off. */
export function pppEtherType(view: DataView, offset: number, end: number): number {
  if (end - offset < 2) return -1;
  const protocol = pppProtocolBytes(view, offset) === 1 ? view.getUint8(offset) : view.getUint16(offset);
  if (protocol === PPP_IPV4) return ETHERTYPE_IPV4;
  if (protocol === PPP_IPV6) return ETHERTYPE_IPV6;
  return protocol === PPP_MPLS ? ETHERTYPE_MPLS : 0;
}

/** RFC 1661 section 6.5: an odd first byte is a protocol compressed to one byte. */
export function pppProtocolBytes(view: DataView, offset: number): number {
  return (view.getUint8(offset) & 1) === 1 ? 1 : 2;
}
