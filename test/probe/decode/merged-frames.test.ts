import { describe, expect, it } from 'vitest';
import { GRE, IPV6_FRAG, TCP, UDP } from '../../../services/core/protocol.ts';
import { circumstances, ORIGIN_SENT } from '../../../services/probe/capture/packet-sink.ts';
import * as row from '../../../services/probe/decode/packet-row.ts';
import { decodeOnce, TestDecoder } from '../../fixtures/decoded-packet.ts';
import { ethernet, extension, fragmentHeader, hex, ipv4, ipv6, tcp, udp } from '../../fixtures/frames.ts';

/** linux/virtio_net.h: VIRTIO_NET_HDR_GSO_*. */
const GSO_TCPV4 = 1;
const GSO_TCPV6 = 4;
const GSO_UDP_L4 = 5;
const GSO_ECN = 0x80;

const HEADERS = tcp({ headerBytes: 32 });
const FLOW = 'tcp 10.0.0.1:40000 > 10.0.0.2:80';
const FLOW_6 = 'tcp [2001:db8::1]:40000 > [2001:db8::2]:80';

/** TCP with 12 bytes of options over IPv4, of which only the headers are captured. */
const tcp4 = (payloadBytes: number): Buffer =>
  ethernet(ipv4({ protocol: TCP, totalBytes: 52 + payloadBytes }, HEADERS));

/** The same over IPv6; a payload length of 0 stands for more than 65,535 bytes. */
const tcp6 = (payloadBytes: number): Buffer => ethernet(ipv6({ nextHeader: TCP, payloadBytes }, HEADERS));

const udp4 = (payloadBytes: number): Buffer =>
  ethernet(ipv4({ protocol: UDP, totalBytes: 28 + payloadBytes }, udp(40_000, 443)));

describe('a merged frame counts as the packets it stands for, each with its headers', () => {
  it.each<[string, Buffer, number, number, string]>([
    ['3 segments of 1448', tcp4(3 * 1448), GSO_TCPV4, 1448, `${FLOW}, 4500 bytes in 3 packets`],
    ['the last one is short', tcp4(2 * 1448 + 1), GSO_TCPV4, 1448, `${FLOW}, 3053 bytes in 3 packets`],
    ['with ECN', tcp4(2 * 1448), GSO_TCPV4 | GSO_ECN, 1448, `${FLOW}, 3000 bytes in 2 packets`],
    ['one segment', tcp4(1448), GSO_TCPV4, 1448, `${FLOW}, 1500 bytes`],
    ['no payload', tcp4(0), GSO_TCPV4, 1448, `${FLOW}, 52 bytes`],
    ['IPv6', tcp6(32 + 3 * 1428), GSO_TCPV6, 1428, `${FLOW_6}, 4500 bytes in 3 packets`],
    ['UDP', udp4(4 * 1200), GSO_UDP_L4, 1200, 'udp 10.0.0.1:40000 > 10.0.0.2:443, 4912 bytes in 4 packets'],
    ['segments of 40,000', tcp4(60_000), GSO_TCPV4, 40_000, `${FLOW}, 60104 bytes in 2 packets`],
    ['a size without a type', tcp4(3 * 1448), 0, 1448, `${FLOW}, 4396 bytes`],
  ])('%s', (_name, frame, gsoType, gsoSize, expected) => {
    const facts = { circumstances: circumstances(ORIGIN_SENT, gsoType, gsoSize) };
    expect(decodeOnce(frame, facts)).toEqual({ packet: expected, causes: {} });
  });

  it.each<[string, Buffer, number, string]>([
    [
      'IPv4, 100 segments',
      ethernet(ipv4({ protocol: TCP, totalBytes: 0 }, HEADERS)),
      14 + 52 + 144_800,
      `${FLOW}, 150000 bytes in 100 packets`,
    ],
    ['IPv6, 100 segments', tcp6(0), 14 + 72 + 144_800, `${FLOW_6}, 152000 bytes in 100 packets`],
  ])('BIG TCP has a length of zero: %s', (_name, frame, wireBytes, expected) => {
    const facts = { wireBytes, circumstances: circumstances(ORIGIN_SENT, GSO_TCPV4, 1448) };
    expect(decodeOnce(frame, facts)).toEqual({ packet: expected, causes: {} });
  });

  it('keeps the payload of all for the sequence numbers', () => {
    const decoder = new TestDecoder();
    decoder.decode(tcp4(3 * 1448), { circumstances: circumstances(ORIGIN_SENT, GSO_TCPV4, 1448) });
    expect(decoder.row[row.PAYLOAD_BYTES]).toBe(3 * 1448);
  });

  it.each([0, 1448, 40_000, 65_535])('and keeps who sent it, with segments of %i', (gsoSize) => {
    const decoder = new TestDecoder();
    decoder.decode(tcp4(100), { circumstances: circumstances(ORIGIN_SENT, GSO_TCPV4, gsoSize) });
    expect(decoder.row[row.ORIGIN]).toBe(ORIGIN_SENT);
  });
});

describe('a merged frame that can not be taken apart counts as one packet', () => {
  const six = (first: number, ...parts: Buffer[]): Buffer =>
    ethernet(ipv6({ nextHeader: first }, Buffer.concat(parts)));
  it.each<[string, Buffer]>([
    ['TCP header cut', ethernet(ipv4({ protocol: TCP, totalBytes: 3000 }, HEADERS.subarray(0, 19)))],
    ['no TCP or UDP', ethernet(ipv4({ protocol: GRE, totalBytes: 3000 }, hex('0000 0800')))],
    ['a later fragment', six(IPV6_FRAG, fragmentHeader(TCP, 3, false, 1), HEADERS)],
    ['extensions cut', six(0, extension(TCP, 64).subarray(0, 20))],
    ['TCP segments in a UDP tunnel', udp4(4 * 1200)],
  ])('%s', (_name, frame) => {
    const result = decodeOnce(frame, { circumstances: circumstances(ORIGIN_SENT, GSO_TCPV4, 1448) });
    expect(result.packet).not.toContain('packets');
    expect(result.causes).toMatchObject({ offload_unresolved: 1 });
  });
});
