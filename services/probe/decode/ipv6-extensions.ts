import { AH, HIP, HOPOPT, IPV6_FRAG, IPV6_OPTS, IPV6_ROUTE, MOBILITY, SHIM6 } from '../../core/protocol.ts';

/** What the walk over IPv6's extension headers found; written in place for each packet. */
export interface Ipv6Payload {
  /** The upper-layer protocol, or where the walk had to stop, the last header named. */
  protocol: number;
  offset: number;
  /** Where the fragment header stands, 0 without one. */
  fragmentOffset: number;
  truncated: boolean;
}

/** RFC 8200 knows eight, each at most once but the destination options; more is nonsense. */
const MAX_EXTENSIONS = 16;

/**
 * Walks the extension headers (RFC 8200 section 4) from `offset` on to the upper layer. Behind the header of a
 * later fragment nothing is read: what stands there is the middle of a datagram.
 */
export function walkIpv6Extensions(
  view: DataView,
  firstHeader: number,
  offset: number,
  end: number,
  found: Ipv6Payload,
): void {
  found.fragmentOffset = 0;
  found.truncated = false;
  found.protocol = firstHeader;
  found.offset = offset;
  for (let count = 0; count < MAX_EXTENSIONS; count++) {
    const extension = found.protocol;
    if (!isExtension(extension)) return;
    const at = found.offset;
    found.truncated = end - at < (extension === IPV6_FRAG ? 8 : 2);
    if (found.truncated) return;
    found.protocol = view.getUint8(at);
    if (extension === IPV6_FRAG) {
      found.fragmentOffset = at;
      found.offset = at + 8;
      if ((view.getUint16(at + 2) & 0xfff8) !== 0) return;
      continue;
    }
    // RFC 8200 section 4.3: length in 8 bytes without the first; RFC 4302 section 2.2: in 4 bytes minus 2.
    const length = view.getUint8(at + 1);
    found.offset = at + (extension === AH ? (length + 2) * 4 : (length + 1) * 8);
    found.truncated = found.offset > end;
    if (found.truncated) return;
  }
}

function isExtension(header: number): boolean {
  switch (header) {
    case HOPOPT:
    case IPV6_ROUTE:
    case IPV6_FRAG:
    case IPV6_OPTS:
    case AH:
    case MOBILITY:
    case HIP:
    case SHIM6:
      return true;
    default:
      return false;
  }
}
