import { describe, expect, it } from 'vitest';
import * as protocol from '../../services/core/protocol.ts';

describe('transportName', () => {
  it.each([
    [protocol.HOPOPT, 'hopopt'],
    [protocol.ICMP, 'icmp'],
    [protocol.IGMP, 'igmp'],
    [protocol.IPV4, 'ipv4'],
    [protocol.TCP, 'tcp'],
    [protocol.UDP, 'udp'],
    [protocol.DCCP, 'dccp'],
    [protocol.IPV6, 'ipv6'],
    [protocol.IPV6_ROUTE, 'ipv6-route'],
    [protocol.IPV6_FRAG, 'ipv6-frag'],
    [protocol.RSVP, 'rsvp'],
    [protocol.GRE, 'gre'],
    [protocol.ESP, 'esp'],
    [protocol.AH, 'ah'],
    [protocol.ICMPV6, 'ipv6-icmp'],
    [protocol.IPV6_NONXT, 'ipv6-nonxt'],
    [protocol.IPV6_OPTS, 'ipv6-opts'],
    [protocol.EIGRP, 'eigrp'],
    [protocol.OSPF, 'ospfigp'],
    [protocol.ETHERIP, 'etherip'],
    [protocol.PIM, 'pim'],
    [protocol.VRRP, 'vrrp'],
    [protocol.SCTP, 'sctp'],
    [protocol.MOBILITY, 'mobility header'],
    [protocol.UDPLITE, 'udplite'],
    [protocol.MPLS_IN_IP, 'mpls-in-ip'],
    [protocol.HIP, 'hip'],
    [protocol.SHIM6, 'shim6'],
    [protocol.ETHERNET, 'ethernet'],
  ])('%d is %s', (number, name) => {
    expect(protocol.transportName(number)).toBe(name);
  });

  it.each([61, 63, 68, 99, 114, 148, 253, 255])('%d has no keyword and keeps its number', (number) => {
    expect(protocol.transportName(number)).toBe(String(number));
  });

  it('gives every number a name of its own', () => {
    const names = Array.from({ length: 256 }, (_, number) => protocol.transportName(number));
    expect(new Set(names).size).toBe(256);
  });
});
