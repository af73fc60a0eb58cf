import { IP_VERSION_INVALID, LINK_HEADER_TRUNCATED, NOT_IP } from './decode-counters.ts';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from './ether-type.ts';

/** Where the IP header of a frame stands; written in place for each frame. */
export interface NetworkHeader {
  /** ETHERTYPE_IPV4 or ETHERTYPE_IPV6. */
  etherType: number;
  offset: number;
  /** ORIGIN_* as the link header tells it (Linux cooked captures do). */
  origin: number;
}

/** There is an IP packet; other results are the cause why not, an index of `DECODE_CAUSES`. */
export const FOUND = -1;

export function found(etherType: number, offset: number, header: NetworkHeader): number {
  header.etherType = etherType;
  header.offset = offset;
  return FOUND;
}

/** For links that carry bare IP packets: the version is in the first four bits. */
export function fromIpVersion(view: DataView, offset: number, end: number, header: NetworkHeader): number {
  if (end <= offset) return LINK_HEADER_TRUNCATED;
  const version = view.getUint8(offset) >> 4;
  if (version === 4) return found(ETHERTYPE_IPV4, offset, header);
  if (version === 6) return found(ETHERTYPE_IPV6, offset, header);
  return version === 0 ? NOT_IP : IP_VERSION_INVALID;
}
