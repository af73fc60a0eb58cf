/**
 * The type of the message that answers a message of this ICMP type, or -1 where the exchange is one-way
 * (Community ID v1).
 */
export function icmpCounterpart(type: number): number {
  return ICMP_COUNTERPARTS[type & 0xff];
}

/** As `icmpCounterpart`, for ICMPv6. */
export function icmpv6Counterpart(type: number): number {
  return ICMPV6_COUNTERPARTS[type & 0xff];
}

// IANA registry "ICMP Type Numbers".
const ICMP_COUNTERPARTS = counterparts([
  [8, 0], // echo request, echo reply
  [10, 9], // router solicitation, router advertisement
  [13, 14], // timestamp, timestamp reply
  [15, 16], // information request, information reply
  [17, 18], // address mask request, address mask reply
]);

// IANA registry "ICMPv6 'type' Numbers".
const ICMPV6_COUNTERPARTS = counterparts([
  [128, 129], // echo request, echo reply
  [130, 131], // multicast listener query, multicast listener report
  [133, 134], // router solicitation, router advertisement
  [135, 136], // neighbour solicitation, neighbour advertisement
  [139, 140], // node information query, node information response
  [144, 145], // home agent address discovery request, reply
]);

function counterparts(pairs: readonly (readonly [number, number])[]): Int16Array {
  const table = new Int16Array(256).fill(-1);
  for (const [request, reply] of pairs) {
    table[request] = reply;
    table[reply] = request;
  }
  return table;
}
