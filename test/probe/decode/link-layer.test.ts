import { describe, expect, it } from 'vitest';
import { ORIGIN_RECEIVED, ORIGIN_SENT, ORIGIN_UNKNOWN } from '../../../services/probe/capture/packet-sink.ts';
import { UNDECODED_CAUSES } from '../../../services/probe/decode/decode-counters.ts';
import * as link from '../../../services/probe/decode/link-type.ts';
import { ORIGIN } from '../../../services/probe/decode/packet-row.ts';
import { decodeOnce, TestDecoder } from '../../fixtures/decoded-packet.ts';
import { hex, MACS, TCP_PACKET, UDP_PACKET, UDP_PACKET_6 } from '../../fixtures/frames.ts';
import { linkFrames } from '../../fixtures/link-frames.ts';

describe.each([
  ['IPv4', TCP_PACKET, 'tcp 10.0.0.1:40000 > 10.0.0.2:80, 40 bytes'],
  ['IPv6', UDP_PACKET_6, 'udp [2001:db8::1]:40000 > [2001:db8::2]:53, 60 bytes'],
])('a packet of %s', (_version, packet, expected) => {
  it.each(linkFrames(packet))('comes out of $name', ({ bytes, linkType }) => {
    expect(decodeOnce(bytes, { linkType })).toEqual({ packet: expected, causes: {} });
  });

  it.each(linkFrames(packet))('is none in $name cut before its end', ({ bytes, linkType, headerBytes }) => {
    const headersOfIp = headerBytes + (packet === TCP_PACKET ? 20 : 40);
    for (let length = 0; length < headersOfIp; length++) {
      const { packet: none, causes } = decodeOnce(bytes.subarray(0, length), { linkType });
      expect([length, none, Object.values(causes)]).toEqual([length, undefined, [1]]);
      expect(UNDECODED_CAUSES).toContain(Object.keys(causes)[0]);
    }
  });
});

const ETHERNET = link.LINKTYPE_ETHERNET;

describe('a frame without an IP packet', () => {
  it.each<[string, number, string, string]>([
    ['ARP', ETHERNET, `${MACS} 0806 0001 0800 06 04 0001`, 'not_ip'],
    ['LLDP in a tag', ETHERNET, `${MACS} 8100 0064 88cc 0207`, 'not_ip'],
    ['spanning tree', ETHERNET, `${MACS} 0026 424203 0000`, 'not_ip'],
    ['SNAP of another organization', ETHERNET, `${MACS} 0026 aaaa03 00000c 0800`, 'not_ip'],
    ['IEEE 802.3 cut before its LLC', ETHERNET, `${MACS} 0026 aaaa`, 'not_ip'],
    ['17 tags', ETHERNET, `${MACS} ${'8100 0064 '.repeat(17)} 0800`, 'not_ip'],
    ['encrypted MACsec', ETHERNET, `${MACS} 88e5 0c 00 00000001 0800`, 'not_ip'],
    ['changed MACsec', ETHERNET, `${MACS} 88e5 04 00 00000001 0800`, 'not_ip'],
    ['NSH with something else', ETHERNET, `${MACS} 894f 0fc2 02 04 00000001`, 'not_ip'],
    ['PPPoE discovery', ETHERNET, `${MACS} 8863 1109 0000 0000`, 'not_ip'],
    ['LCP', link.LINKTYPE_PPP, 'ff03 c021 0101', 'not_ip'],
    ['address family 7', link.LINKTYPE_NULL, '07000000 45', 'not_ip'],
    ['Frame Relay, NLPID of IS-IS', link.LINKTYPE_FRAME_RELAY, '1841 03 83 1b', 'not_ip'],
    ['NFLOG without a packet', link.LINKTYPE_NFLOG, '02000000 0600 0100 00000000', 'not_ip'],
    ['NFLOG, attribute too long', link.LINKTYPE_NFLOG, '02000000 ffff 0900 45', 'not_ip'],
    ['raw, version 0', link.LINKTYPE_RAW, '00', 'not_ip'],
    ['raw, version 5', link.LINKTYPE_RAW, '50', 'ip_version_invalid'],
    ['raw, empty', link.LINKTYPE_RAW, '', 'link_header_truncated'],
    ['Ethernet, cut', ETHERNET, '0200', 'link_header_truncated'],
    ['tag, cut', ETHERNET, `${MACS} 8100 00`, 'link_header_truncated'],
    ['labels without a last one', ETHERNET, `${MACS} 8847 00010040 00010040`, 'link_header_truncated'],
    ['PPPoE, cut', ETHERNET, `${MACS} 8864 1100 0001`, 'link_header_truncated'],
    ['802.11 with radiotap', 127, '00001900', 'unsupported_link_type'],
  ])('%s', (_name, linkType, bytes, cause) => {
    expect(decodeOnce(hex(bytes), { linkType })).toEqual({ packet: undefined, causes: { [cause]: 1 } });
  });
});

it('takes any version of IP from LINKTYPE_IPV4, as writers put IPv6 there too', () => {
  expect(decodeOnce(UDP_PACKET_6, { linkType: link.LINKTYPE_IPV4 }).packet).toContain('2001:db8::1');
  const reversed = decodeOnce(UDP_PACKET, { linkType: link.LINKTYPE_IPV6 });
  expect(reversed).toEqual({ packet: undefined, causes: { ip_version_invalid: 1 } });
});

describe('a Linux cooked capture tells whether the host sent the frame', () => {
  const ADDRESS = '0200000000010000';
  it.each<[string, number, string, number]>([
    ['SLL, to us', link.LINKTYPE_LINUX_SLL, `0000 0001 0006 ${ADDRESS} 0800`, ORIGIN_RECEIVED],
    ['SLL, broadcast', link.LINKTYPE_LINUX_SLL, `0001 0001 0006 ${ADDRESS} 0800`, ORIGIN_RECEIVED],
    ['SLL, sent', link.LINKTYPE_LINUX_SLL, `0004 0001 0006 ${ADDRESS} 0800`, ORIGIN_SENT],
    ['SLL2, to us', link.LINKTYPE_LINUX_SLL2, `0800 0000 00000001 0001 00 06 ${ADDRESS}`, ORIGIN_RECEIVED],
    ['SLL2, sent', link.LINKTYPE_LINUX_SLL2, `0800 0000 00000001 0001 04 06 ${ADDRESS}`, ORIGIN_SENT],
    ['Ethernet', link.LINKTYPE_ETHERNET, `${MACS} 0800`, ORIGIN_UNKNOWN],
  ])('%s', (_name, linkType, header, origin) => {
    const decoder = new TestDecoder();
    decoder.decode(Buffer.concat([hex(header), UDP_PACKET]), { linkType });
    expect(decoder.row[ORIGIN]).toBe(origin);
  });
});
