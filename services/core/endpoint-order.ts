/**
 * Whether endpoint a comes before endpoint b in Community ID v1: the smaller address first, then the smaller
 * port; equal endpoints are in order. Addresses are four 32-bit words in network order, signed or unsigned; an
 * IPv4 address is the first word and zeros. One-way flows (an ICMP type without a counterpart) are not ordered:
 * they stay as the packet has them.
 */
// biome-ignore lint/complexity/useMaxParams: words in place of an object, nothing is allocated
export function endpointsInOrder(
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  portA: number,
  b0: number,
  b1: number,
  b2: number,
  b3: number,
  portB: number,
): boolean {
  if (a0 !== b0) return a0 >>> 0 < b0 >>> 0;
  if (a1 !== b1) return a1 >>> 0 < b1 >>> 0;
  if (a2 !== b2) return a2 >>> 0 < b2 >>> 0;
  if (a3 !== b3) return a3 >>> 0 < b3 >>> 0;
  return portA <= portB;
}
