import { describe, expect, it } from 'vitest';
import { ICMP, ICMPV6, SCTP, TCP, UDP } from '../../../services/core/protocol.ts';
import * as row from '../../../services/probe/decode/packet-row.ts';
import { decodeOnce, TestDecoder } from '../../fixtures/decoded-packet.ts';
import { ACK, ethernet, FIN, icmp, ipv4, ipv6, SYN, tcp, udp } from '../../fixtures/frames.ts';

const packet4 = (protocol: number, payload: Buffer): Buffer => ethernet(ipv4({ protocol }, payload));
const packet6 = (nextHeader: number, payload: Buffer): Buffer => ethernet(ipv6({ nextHeader }, payload));

describe('ports', () => {
  it.each<[string, Buffer, string]>([
    ['TCP', packet4(TCP, tcp()), 'tcp 10.0.0.1:40000 > 10.0.0.2:80, 40 bytes'],
    ['UDP', packet4(UDP, udp(40_000, 53)), 'udp 10.0.0.1:40000 > 10.0.0.2:53, 28 bytes'],
    ['SCTP', packet4(SCTP, udp(7, 9)), 'sctp 10.0.0.1:7 > 10.0.0.2:9, 28 bytes'],
    ['port 0', packet4(UDP, udp(0, 0)), 'udp 10.0.0.1:0 > 10.0.0.2:0, 28 bytes'],
    ['the highest ports', packet4(UDP, udp(65_535, 65_534)), 'udp 10.0.0.1:65535 > 10.0.0.2:65534, 28 bytes'],
    ['DCCP has none here', packet4(33, udp(7, 9)), 'dccp 10.0.0.1 > 10.0.0.2, 28 bytes'],
    ['UDP-Lite has none here', packet4(136, udp(7, 9)), 'udplite 10.0.0.1 > 10.0.0.2, 28 bytes'],
    [
      'four bytes of UDP are enough',
      packet4(UDP, udp(7, 9).subarray(0, 4)),
      'udp 10.0.0.1:7 > 10.0.0.2:9, 24 bytes',
    ],
  ])('%s', (_name, frame, expected) => {
    expect(decodeOnce(frame)).toEqual({ packet: expected, causes: {} });
  });

  it.each<[string, number, number]>([
    ['TCP', TCP, 3],
    ['UDP', UDP, 3],
    ['SCTP', SCTP, 0],
    ['ICMP', ICMP, 3],
  ])('%s cut before them has none', (name, protocol, bytes) => {
    const { packet, causes } = decodeOnce(packet4(protocol, Buffer.alloc(bytes, 8)));
    expect(packet).toBe(`${name.toLowerCase()} 10.0.0.1 > 10.0.0.2, ${20 + bytes} bytes`);
    expect(causes).toEqual({ transport_header_truncated: 1 });
  });
});

describe('ICMP', () => {
  it.each<[string, Buffer, string]>([
    ['echo request', packet4(ICMP, icmp(8)), 'icmp 10.0.0.1:8 > 10.0.0.2:0, 28 bytes'],
    ['echo reply', packet4(ICMP, icmp(0)), 'icmp 10.0.0.1:0 > 10.0.0.2:8, 28 bytes'],
    ['port unreachable: type and code', packet4(ICMP, icmp(3, 3)), 'icmp 10.0.0.1:3 > 10.0.0.2:3, 28 bytes'],
    [
      'four bytes are enough',
      packet4(ICMP, icmp(8).subarray(0, 4)),
      'icmp 10.0.0.1:8 > 10.0.0.2:0, 24 bytes',
    ],
    [
      'v6 echo request',
      packet6(ICMPV6, icmp(128)),
      'ipv6-icmp [2001:db8::1]:128 > [2001:db8::2]:129, 48 bytes',
    ],
    [
      'v6 too big: type and code',
      packet6(ICMPV6, icmp(2, 7)),
      'ipv6-icmp [2001:db8::1]:2 > [2001:db8::2]:7, 48 bytes',
    ],
    ['over IPv6 tells nothing', packet6(ICMP, icmp(8)), 'icmp 2001:db8::1 > 2001:db8::2, 48 bytes'],
    ['v6 over IPv4 tells nothing', packet4(ICMPV6, icmp(128)), 'ipv6-icmp 10.0.0.1 > 10.0.0.2, 28 bytes'],
  ])('%s', (_name, frame, expected) => {
    expect(decodeOnce(frame)).toEqual({ packet: expected, causes: {} });
  });

  it('without a counterpart stays in the order of its packet', () => {
    const decoder = new TestDecoder();
    const downwards = { protocol: ICMP, source: '10.0.0.2', destination: '10.0.0.1' };
    decoder.decode(ethernet(ipv4(downwards, icmp(11))));
    expect(decoder.row[row.DIRECTION]).toBe(0);
    decoder.decode(ethernet(ipv4(downwards, icmp(8))));
    expect(decoder.row[row.DIRECTION]).toBe(1);
  });
});

/** The words that a TCP header fills. */
function tcpWords(segment: Buffer, wirePayload = 0): Record<string, number> {
  const decoder = new TestDecoder();
  decoder.decode(ethernet(ipv4({ protocol: TCP, totalBytes: 20 + segment.length + wirePayload }, segment)));
  return {
    tcp: decoder.row[row.TCP],
    sequence: decoder.row[row.SEQUENCE] >>> 0,
    acknowledgment: decoder.row[row.ACKNOWLEDGMENT] >>> 0,
    payloadBytes: decoder.row[row.PAYLOAD_BYTES],
  };
}

describe('a TCP header', () => {
  const numbers = { sequence: 0xfffffff0, acknowledgment: 0x80000001 };
  it.each<[string, Buffer, number, Record<string, number>]>([
    ['plain', tcp({ ...numbers }), 0, { ...numbers, tcp: ACK | row.TCP_PRESENT, payloadBytes: 0 }],
    [
      'all flags',
      tcp({ ...numbers, flags: 0xff }),
      0,
      { ...numbers, tcp: 0xff | row.TCP_PRESENT, payloadBytes: 0 },
    ],
    [
      'zero window',
      tcp({ ...numbers, window: 0 }),
      0,
      { ...numbers, tcp: ACK | row.TCP_PRESENT | row.TCP_ZERO_WINDOW, payloadBytes: 0 },
    ],
    [
      'options and payload beyond the captured bytes',
      tcp({ ...numbers, headerBytes: 60 }),
      1400,
      { ...numbers, tcp: ACK | row.TCP_PRESENT, payloadBytes: 1400 },
    ],
    [
      'a data offset beyond the packet: no payload',
      Buffer.concat([tcp(numbers).subarray(0, 12), Buffer.of(0xf0), tcp(numbers).subarray(13)]),
      0,
      { ...numbers, tcp: ACK | row.TCP_PRESENT, payloadBytes: 0 },
    ],
  ])('%s', (_name, segment, wirePayload, expected) => {
    expect(tcpWords(segment, wirePayload)).toEqual(expected);
  });

  it.each<[string, Buffer, string]>([
    ['cut after 19 bytes', tcp({ flags: SYN }).subarray(0, 19), 'transport_header_truncated'],
    ['with a data offset of 4', tcp({ flags: FIN, headerBytes: 16 }), 'transport_header_invalid'],
  ])('%s has ports, and no flags or numbers', (_name, segment, cause) => {
    const frame = packet4(TCP, segment);
    const packet = `tcp 10.0.0.1:40000 > 10.0.0.2:80, ${20 + segment.length} bytes`;
    expect(decodeOnce(frame)).toEqual({ packet, causes: { [cause]: 1 } });
    expect(tcpWords(segment)).toMatchObject({ tcp: 0, payloadBytes: 0 });
  });
});
