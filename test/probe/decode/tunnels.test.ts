import { describe, expect, it } from 'vitest';
import { GRE, IPV4, IPV6, UDP } from '../../../services/core/protocol.ts';
import type { Tunnel } from '../../../services/probe/decode/tunnel.ts';
import { TUNNELS } from '../../../services/probe/decode/tunnel.ts';
import { decodeOnce } from '../../fixtures/decoded-packet.ts';
import { ethernet, hex, ipv4, ipv6, TCP_PACKET, UDP_PACKET_6, udp } from '../../fixtures/frames.ts';

const OUTER = { source: '192.0.2.1', destination: '192.0.2.2' };
const join = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts);

const overUdp = (port: number, payload: Buffer): Buffer =>
  ipv4({ ...OUTER, protocol: UDP }, udp(50_000, port, payload));
const vxlan = (frame: Buffer, port = 4789): Buffer => overUdp(port, join(hex('08000000 00000100'), frame));
const geneve = (etherType: string, payload: Buffer, options = ''): Buffer => {
  const words = Buffer.of(hex(options).length / 4).toString('hex');
  return overUdp(6081, join(hex(`${words} 00 ${etherType} 00000100 ${options}`), payload));
};
const gre = (header: string, payload: Buffer): Buffer =>
  ipv4({ ...OUTER, protocol: GRE }, join(hex(header), payload));
const ipip = (packet: Buffer): Buffer =>
  ipv4({ ...OUTER, protocol: packet[0] >> 4 === 4 ? IPV4 : IPV6 }, packet);
const ipip6 = (packet: Buffer): Buffer =>
  ipv6({ nextHeader: packet[0] >> 4 === 4 ? IPV4 : IPV6, source: '2001:db8::a' }, packet);

const INNER = 'tcp 10.0.0.1:40000 > 10.0.0.2:80, 40 bytes';
const INNER_6 = 'udp [2001:db8::1]:40000 > [2001:db8::2]:53, 60 bytes';

describe('the inner packet comes out of', () => {
  it.each<[string, Tunnel, Buffer, string]>([
    ['VXLAN', 'vxlan', vxlan(ethernet(TCP_PACKET)), INNER],
    ["VXLAN on Linux's first port", 'vxlan', vxlan(ethernet(UDP_PACKET_6), 8472), INNER_6],
    ['Geneve with Ethernet', 'geneve', geneve('6558', ethernet(TCP_PACKET)), INNER],
    ['Geneve with IPv4', 'geneve', geneve('0800', TCP_PACKET), INNER],
    ['Geneve with IPv6 and options', 'geneve', geneve('86dd', UDP_PACKET_6, '0101 0001 00000000'), INNER_6],
    ['GRE', 'gre', gre('0000 0800', TCP_PACKET), INNER],
    ['GRE with checksum', 'gre', gre('8000 0800 00000000', TCP_PACKET), INNER],
    ['GRE with key and number', 'gre', gre('3000 86dd 00000001 00000002', UDP_PACKET_6), INNER_6],
    ['GRE with Ethernet', 'gre', gre('0000 6558', ethernet(TCP_PACKET)), INNER],
    ['IPv4 in IPv4', 'ipip', ipip(TCP_PACKET), INNER],
    ['IPv6 in IPv4', 'ipip', ipip(UDP_PACKET_6), INNER_6],
    ['IPv4 in IPv6', 'ipip', ipip6(TCP_PACKET), INNER],
    ['IPv6 in IPv6', 'ipip', ipip6(UDP_PACKET_6), INNER_6],
  ])('%s', (_name, tunnel, outer, expected) => {
    expect(decodeOnce(ethernet(outer), {}, [tunnel])).toEqual({ packet: expected, causes: {} });
    const others = TUNNELS.filter((other) => other !== tunnel);
    for (const none of [[], others]) {
      expect(decodeOnce(ethernet(outer), {}, none).packet).toMatch(/192\.0\.2\.1|2001:db8::a/);
    }
  });
});

const all = [...TUNNELS];
const NOT_IP = hex('020000000001 020000000002 0806 0001');

describe('the outer packet counts for', () => {
  it.each<[string, Buffer, Record<string, number>]>([
    ['ARP in VXLAN', vxlan(NOT_IP), {}],
    ['VXLAN cut in its Ethernet', vxlan(Buffer.alloc(10)), {}],
    [
      'VXLAN from its port, not to it',
      ipv4({ ...OUTER, protocol: UDP }, udp(4789, 50_000, Buffer.alloc(80))),
      {},
    ],
    [
      'Geneve options beyond the packet',
      geneve('0800', Buffer.alloc(0), '0101 0001 00000000').subarray(0, 38),
      {},
    ],
    ['GRE version 1', gre('3001 880b 00000001 00000002', TCP_PACKET), {}],
    ['GRE version 1 that says IPv4', gre('3001 0800 00000001 00000002', TCP_PACKET), {}],
    ['GRE with a source route', gre('4000 0800 00000000', TCP_PACKET), {}],
    ['GRE cut in its header', gre('0000', Buffer.alloc(0)), {}],
    ['a keepalive of GRE', gre('0000 0000', Buffer.alloc(0)), {}],
    ['an inner packet cut in its header', ipip(TCP_PACKET.subarray(0, 19)), { tunnel_header_truncated: 1 }],
    [
      'an inner header of another version',
      ipv4({ ...OUTER, protocol: IPV4 }, UDP_PACKET_6),
      { tunnel_header_truncated: 1 },
    ],
    [
      'a fragment',
      ipv4({ ...OUTER, protocol: IPV4, fragment: 0x2000 }, TCP_PACKET),
      { fragments: 1, fragment_without_first: 1 },
    ],
  ])('%s', (_name, outer, causes) => {
    const result = decodeOnce(ethernet(outer), {}, all);
    expect(result.packet).toContain('192.0.2.1');
    expect(result.causes).toEqual(causes);
  });
});

describe('tunnels in tunnels', () => {
  const inner = TCP_PACKET;
  it.each<[string, Buffer, Record<string, number>]>([
    ['two kinds', vxlan(ethernet(gre('0000 0800', inner))), {}],
    ['all kinds', vxlan(ethernet(geneve('0800', gre('0000 0800', ipip(inner))))), {}],
    ['tagged VXLAN', vxlan(join(hex('020000000001 020000000002 8100 0064 0800'), ipip(inner))), {}],
  ])('%s', (_name, outer, causes) => {
    expect(decodeOnce(ethernet(outer), {}, all)).toEqual({ packet: INNER, causes });
  });

  it('are left packed beyond four', () => {
    const five = ipip(ipip(ipip(ipip(ipv4({ protocol: IPV4, source: '192.0.2.5' }, inner)))));
    const { packet, causes } = decodeOnce(ethernet(five), {}, all);
    expect(packet).toBe('ipv4 192.0.2.5 > 10.0.0.2, 60 bytes');
    expect(causes).toEqual({ tunnel_too_deep: 1 });
  });

  it('count the fragments of the inner datagram to its flow', () => {
    const piece = (fragment: number, payload: Buffer): Buffer =>
      vxlan(ethernet(ipv4({ protocol: UDP, identification: 5, fragment }, payload)));
    const { packet, causes } = decodeOnce(ethernet(piece(0x2000, udp(40_000, 53))), {}, all);
    expect(packet).toBe('udp 10.0.0.1:40000 > 10.0.0.2:53, 28 bytes');
    expect(causes).toEqual({ fragments: 1 });
  });
});

it('gives an inner packet of total length 0 the length of what is there', () => {
  const merged = ipip(ipv4({ protocol: UDP, totalBytes: 0 }, udp(40_000, 53, Buffer.alloc(100))));
  expect(decodeOnce(ethernet(merged), {}, all)).toEqual({
    packet: 'udp 10.0.0.1:40000 > 10.0.0.2:53, 128 bytes',
    causes: {},
  });
});
