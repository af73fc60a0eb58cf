import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TCP, UDP } from '../../../services/core/protocol.ts';
import { circumstances } from '../../../services/probe/capture/packet-sink.ts';
import { DECODED, decodeCommonFrame, WHOLE } from '../../../services/probe/decode/common-frame.ts';
import { EMPTY_ROW, TestDecoder } from '../../fixtures/decoded-packet.ts';
import {
  ethernet,
  extension,
  hex,
  ipv4,
  ipv6,
  MACS,
  TCP_PACKET,
  TCP_PACKET_6,
  tcp,
  UDP_PACKET,
  udp,
} from '../../fixtures/frames.ts';

/** A segment size without a type says nothing, but such a frame is never taken for a common one. */
const NOT_COMMON = { circumstances: circumstances(0, 0, 1) };

function decodesAsCommon(frame: Uint8Array): boolean {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  return decodeCommonFrame(view, 0, frame.length, 7, WHOLE, EMPTY_ROW.slice(), 0) === DECODED;
}

const fields = fc.record({
  protocol: fc.constantFrom(TCP, UDP, 1),
  options: fc.constantFrom(0, 4, 40).map((bytes) => Buffer.alloc(bytes)),
  source: fc.constantFrom('10.0.0.1', '10.0.0.2', '200.1.2.3'),
  fragment: fc.constantFrom(0, 0, 0, 0x4000, 0x2000, 3),
  totalBytes: fc.oneof(fc.nat(120), fc.constantFrom(1500, 65_535)),
});

const transport = fc.oneof(
  fc
    .record({
      source: fc.constantFrom(1, 80, 65_535),
      sequence: fc.nat(0xffffffff),
      acknowledgment: fc.nat(0xffffffff),
      flags: fc.nat(255),
      window: fc.constantFrom(0, 1, 0xffff),
      headerBytes: fc.constantFrom(12, 20, 32, 60),
    })
    .map((header) => tcp(header)),
  fc.constantFrom(53, 65_535).map((port) => udp(40_000, port, Buffer.alloc(12))),
);

const frame = fc
  .tuple(fields, transport, fc.nat(120))
  .map(([header, payload, cut]) => ethernet(ipv4(header, payload)).subarray(0, 34 + cut));

const fields6 = fc.record({
  nextHeader: fc.constantFrom(TCP, TCP, UDP, 58),
  source: fc.constantFrom('fd00::1', 'fd00::2', '2001:db8::1'),
  payloadBytes: fc.oneof(fc.nat(120), fc.constantFrom(1500, 65_535)),
});

const frame6 = fc
  .tuple(fields6, transport, fc.nat(120))
  .map(([header, payload, cut]) => ethernet(ipv6(header, payload)).subarray(0, 54 + cut));

const extensionAndTcp = Buffer.concat([extension(TCP), tcp()]);

describe('decodeCommonFrame', () => {
  it.each<[string, fc.Arbitrary<Uint8Array>]>([
    ['IPv4', frame],
    ['IPv6', frame6],
  ])('gives the row that the general way gives, %s', (_name, frames) => {
    let common = 0;
    fc.assert(
      fc.property(frames, (bytes) => {
        if (!decodesAsCommon(bytes)) return;
        common++;
        const fast = new TestDecoder();
        const general = new TestDecoder();
        expect(fast.decode(bytes)).toBe(general.decode(bytes, NOT_COMMON));
        expect(fast.row).toEqual(general.row);
        expect([fast.causes, general.causes]).toEqual([{}, {}]);
      }),
      { numRuns: 3000 },
    );
    expect(common).toBeGreaterThan(300);
  });

  it.each<[string, Uint8Array, boolean]>([
    ['TCP', ethernet(TCP_PACKET), true],
    ['UDP', ethernet(UDP_PACKET), true],
    [
      'TCP with options',
      ethernet(ipv4({ protocol: TCP, options: Buffer.alloc(8) }, tcp({ headerBytes: 32 }))),
      true,
    ],
    ['"don\'t fragment"', ethernet(ipv4({ protocol: TCP, fragment: 0x4000 }, tcp())), true],
    ['a first fragment', ethernet(ipv4({ protocol: TCP, fragment: 0x2000 }, tcp())), false],
    ['TCP cut after 19 bytes', ethernet(TCP_PACKET).subarray(0, 53), false],
    [
      'TCP behind options, cut after 19 bytes',
      ethernet(ipv4({ protocol: TCP, options: Buffer.alloc(8) }, tcp())).subarray(0, 61),
      false,
    ],
    ['total length of 39', ethernet(ipv4({ protocol: TCP, totalBytes: 39 }, tcp())), false],
    ['total length of 0', ethernet(ipv4({ protocol: TCP, totalBytes: 0 }, tcp())), false],
    ['IPv6', ethernet(TCP_PACKET_6), true],
    ['IPv6 of length 0', ethernet(ipv6({ nextHeader: TCP, payloadBytes: 0 }, tcp())), false],
    ['IPv6, TCP cut after 19 bytes', ethernet(TCP_PACKET_6).subarray(0, 73), false],
    ['IPv6 with an extension', ethernet(ipv6({ nextHeader: 60 }, extensionAndTcp)), false],
    ['a tag', Buffer.concat([hex(`${MACS} 8100 0064 0800`), TCP_PACKET]), false],
    ['ICMP', ethernet(ipv4({ protocol: 1 }, tcp())), false],
  ])('%s: %#', (_name, bytes, expected) => {
    expect(decodesAsCommon(bytes)).toBe(expected);
  });
});
