import { describe, expect, it } from 'vitest';
import { AH, IPV6_FRAG, IPV6_NONXT, IPV6_OPTS, IPV6_ROUTE, UDP } from '../../../services/core/protocol.ts';
import { decodeOnce } from '../../fixtures/decoded-packet.ts';
import type { Ipv4Fields, Ipv6Fields } from '../../fixtures/frames.ts';
import {
  ethernet,
  extension,
  fragmentHeader,
  hex,
  ipv4,
  ipv6,
  UDP_PACKET,
  udp,
} from '../../fixtures/frames.ts';

const HOPOPT = 0;
/** What the packets of these tests are, unless a row says otherwise. */
const FLOW = 'udp 10.0.0.1:40000 > 10.0.0.2:53';
const FLOW_6 = 'udp [2001:db8::1]:40000 > [2001:db8::2]:53';
const DATAGRAM = udp(40_000, 53, Buffer.alloc(12));

const datagram = (fields: Partial<Ipv4Fields>): Buffer => ipv4({ protocol: UDP, ...fields }, DATAGRAM);
const datagram6 = (fields: Partial<Ipv6Fields>): Buffer => ipv6({ nextHeader: UDP, ...fields }, DATAGRAM);
const join = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts);

function cut(packet: Buffer, bytes: number): Buffer {
  return packet.subarray(0, bytes);
}

describe('IPv4', () => {
  it.each<[string, Buffer, string]>([
    ['plain', UDP_PACKET, `${FLOW}, 40 bytes`],
    [
      'the higher address sends',
      datagram({ source: '10.0.0.3' }),
      'udp 10.0.0.3:40000 > 10.0.0.2:53, 40 bytes',
    ],
    [
      'one address, the higher port sends',
      datagram({ destination: '10.0.0.1' }),
      'udp 10.0.0.1:40000 > 10.0.0.1:53, 40 bytes',
    ],
    [
      'addresses compare unsigned',
      datagram({ source: '200.0.0.1' }),
      'udp 200.0.0.1:40000 > 10.0.0.2:53, 40 bytes',
    ],
    ['options', datagram({ options: Buffer.alloc(40, 1) }), `${FLOW}, 80 bytes`],
    ['a trailer behind the packet', join(UDP_PACKET, Buffer.alloc(6)), `${FLOW}, 40 bytes`],
    ['total length beyond the frame', datagram({ totalBytes: 1500 }), `${FLOW}, 1500 bytes`],
    ['total length before the ports', datagram({ totalBytes: 22 }), 'udp 10.0.0.1 > 10.0.0.2, 22 bytes'],
    ['total length of the header alone', datagram({ totalBytes: 20 }), 'udp 10.0.0.1 > 10.0.0.2, 20 bytes'],
    [
      'a protocol without ports',
      ipv4({ protocol: 89 }, Buffer.alloc(8)),
      'ospfigp 10.0.0.1 > 10.0.0.2, 28 bytes',
    ],
    [
      'a protocol without a name',
      ipv4({ protocol: 253 }, Buffer.alloc(0)),
      '253 10.0.0.1 > 10.0.0.2, 20 bytes',
    ],
  ])('%s', (_name, packet, expected) => {
    expect(decodeOnce(ethernet(packet)).packet).toBe(expected);
  });

  it.each<[string, Buffer, string]>([
    ['no whole header', cut(UDP_PACKET, 19), 'ip_header_truncated'],
    ['options cut off', cut(datagram({ options: Buffer.alloc(8) }), 24), 'ip_header_truncated'],
    ['header length 4', datagram({ versionAndLength: 0x44 }), 'ip_header_length_invalid'],
    ['header length 0', datagram({ versionAndLength: 0x40 }), 'ip_header_length_invalid'],
    ['total length below the header', datagram({ totalBytes: 19 }), 'ip_length_invalid'],
  ])('%s is no packet', (_name, packet, cause) => {
    expect(decodeOnce(ethernet(packet))).toEqual({ packet: undefined, causes: { [cause]: 1 } });
  });

  it('with another version than the link says is no packet', () => {
    const packet = datagram({ versionAndLength: 0x55 });
    const frame = join(hex('020000000001 020000000002 0800'), packet);
    expect(decodeOnce(frame)).toEqual({ packet: undefined, causes: { ip_version_invalid: 1 } });
  });

  it('of total length 0 has the length of the frame', () => {
    const frame = ethernet(datagram({ totalBytes: 0 }));
    const packet = `${FLOW}, 986 bytes`;
    expect(decodeOnce(frame, { wireBytes: 1000 })).toEqual({ packet, causes: { ip_length_missing: 1 } });
  });
});

describe('IPv6', () => {
  it.each<[string, Buffer, string]>([
    ['plain', datagram6({}), `${FLOW_6}, 60 bytes`],
    [
      'the higher address sends',
      datagram6({ source: '2001:db8::3' }),
      'udp [2001:db8::3]:40000 > [2001:db8::2]:53, 60 bytes',
    ],
    [
      'hop-by-hop options',
      ipv6({ nextHeader: HOPOPT }, join(extension(UDP), DATAGRAM)),
      `${FLOW_6}, 68 bytes`,
    ],
    [
      'routing, 24 bytes',
      ipv6({ nextHeader: IPV6_ROUTE }, join(extension(UDP, 24), DATAGRAM)),
      `${FLOW_6}, 84 bytes`,
    ],
    [
      'hop-by-hop, destination options, routing',
      ipv6(
        { nextHeader: HOPOPT },
        join(extension(IPV6_OPTS), extension(IPV6_ROUTE), extension(UDP), DATAGRAM),
      ),
      `${FLOW_6}, 84 bytes`,
    ],
    [
      'authentication, 24 bytes',
      ipv6({ nextHeader: AH }, join(hex('11 04'), Buffer.alloc(22), DATAGRAM)),
      `${FLOW_6}, 84 bytes`,
    ],
    [
      'a fragment that is the whole',
      ipv6({ nextHeader: IPV6_FRAG }, join(fragmentHeader(UDP, 0, false, 9), DATAGRAM)),
      `${FLOW_6}, 68 bytes`,
    ],
    [
      'no next header',
      ipv6({ nextHeader: IPV6_NONXT }, DATAGRAM),
      'ipv6-nonxt 2001:db8::1 > 2001:db8::2, 60 bytes',
    ],
    ['ESP', ipv6({ nextHeader: 50 }, DATAGRAM), 'esp 2001:db8::1 > 2001:db8::2, 60 bytes'],
    ['a trailer behind the packet', join(datagram6({}), Buffer.alloc(6)), `${FLOW_6}, 60 bytes`],
    ['payload length beyond the frame', datagram6({ payloadBytes: 1000 }), `${FLOW_6}, 1040 bytes`],
    [
      'payload length before the ports',
      datagram6({ payloadBytes: 3 }),
      'udp 2001:db8::1 > 2001:db8::2, 43 bytes',
    ],
  ])('%s', (_name, packet, expected) => {
    expect(decodeOnce(ethernet(packet)).packet).toBe(expected);
  });

  it.each<[string, Buffer, string]>([
    [
      'an extension longer than the packet: the header it names, without ports',
      ipv6({ nextHeader: IPV6_OPTS }, cut(extension(UDP, 64), 20)),
      'udp 2001:db8::1 > 2001:db8::2, 60 bytes',
    ],
    [
      'an extension longer than the payload length',
      join(ipv6({ nextHeader: IPV6_OPTS, payloadBytes: 8 }, join(extension(UDP, 16), DATAGRAM))),
      'udp 2001:db8::1 > 2001:db8::2, 48 bytes',
    ],
    [
      'one byte of an extension: its own number',
      ipv6({ nextHeader: IPV6_OPTS }, Buffer.of(UDP)),
      'ipv6-opts 2001:db8::1 > 2001:db8::2, 41 bytes',
    ],
    [
      'seven bytes of a fragment header: its own number',
      ipv6({ nextHeader: IPV6_FRAG }, cut(fragmentHeader(UDP, 0, true, 9), 7)),
      'ipv6-frag 2001:db8::1 > 2001:db8::2, 47 bytes',
    ],
  ])('truncated: %s', (_name, packet, expected) => {
    expect(decodeOnce(ethernet(packet))).toMatchObject({
      packet: expected,
      causes: { ip_extension_truncated: 1 },
    });
  });

  it('with 17 extension headers is not walked to its end', () => {
    const chain = [...Array.from({ length: 16 }, () => extension(IPV6_OPTS)), extension(UDP), DATAGRAM];
    const { packet } = decodeOnce(ethernet(ipv6({ nextHeader: IPV6_OPTS }, join(...chain))));
    expect(packet).toBe('ipv6-opts 2001:db8::1 > 2001:db8::2, 196 bytes');
  });

  it('without a whole header is no packet', () => {
    const packet = cut(datagram6({}), 39);
    expect(decodeOnce(ethernet(packet))).toEqual({ packet: undefined, causes: { ip_header_truncated: 1 } });
  });

  it('of payload length 0 adds no bytes, but for an offload', () => {
    const packet = `${FLOW_6}, 0 bytes`;
    const frame = ethernet(datagram6({ payloadBytes: 0 }));
    expect(decodeOnce(frame)).toEqual({ packet, causes: { ip_length_missing: 1 } });
  });
});
