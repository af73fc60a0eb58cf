import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointsInOrder } from '../../../services/core/endpoint-order.ts';
import { ICMP, UDP } from '../../../services/core/protocol.ts';
import * as row from '../../../services/probe/decode/packet-row.ts';
import { TestDecoder } from '../../fixtures/decoded-packet.ts';
import { ethernet, icmp, ipv4, ipv6, udp } from '../../fixtures/frames.ts';

/** The row of a packet, its key's words that no IPv4 packet has set to zero. */
function rowOf(packet: Buffer): Int32Array {
  const decoder = new TestDecoder();
  decoder.decode(ethernet(packet));
  const words = decoder.row.slice();
  if ((words[row.KIND] & 0xf00) === 0x400) words.fill(0, row.A1, row.KEY_WORDS);
  return words;
}

const keyOf = (words: Int32Array): number[] => [...words.subarray(0, row.KEY_WORDS), words[row.HASH]];

const address4 = fc.constantFrom('0.0.0.0', '10.0.0.1', '127.255.255.255', '128.0.0.0', '255.255.255.255');
const address6 = fc.constantFrom('::', '::1', '::8000:0', '0:0:8000::', '8000::', 'ffff::', '2001:db8::1');
const port = fc.constantFrom(0, 1, 0x7fff, 0x8000, 0xffff);

describe.each([
  [
    'IPv4',
    address4,
    (source: string, destination: string, payload: Buffer) =>
      ipv4({ protocol: UDP, source, destination }, payload),
  ],
  [
    'IPv6',
    address6,
    (source: string, destination: string, payload: Buffer) =>
      ipv6({ nextHeader: UDP, source, destination }, payload),
  ],
] as const)('%s', (_version, address, datagram) => {
  it('both directions have one key, in the order of Community ID, and one hash', () => {
    fc.assert(
      fc.property(address, address, port, port, (a, b, portA, portB) => {
        const there = rowOf(datagram(a, b, udp(portA, portB)));
        const back = rowOf(datagram(b, a, udp(portB, portA)));
        expect(keyOf(there)).toEqual(keyOf(back));
        const words = [...there.subarray(0, row.KEY_WORDS)];
        const end = (first: number, rest: number): [number, number, number, number] => [
          words[first],
          words[rest],
          words[rest + 1],
          words[rest + 2],
        ];
        const [first, second] = [words[row.PORTS] >>> 16, words[row.PORTS] & 0xffff];
        expect(endpointsInOrder(...end(row.A0, row.A1), first, ...end(row.B0, row.B1), second)).toBe(true);
        const isLoop = a === b && portA === portB;
        expect(there[row.DIRECTION] === back[row.DIRECTION]).toBe(isLoop);
      }),
      { numRuns: 500 },
    );
  });

  it('other endpoints have another key', () => {
    fc.assert(
      fc.property(address, address, port, port, address, port, (a, b, portA, portB, c, portC) => {
        fc.pre(c !== a || portC !== portA);
        const first = rowOf(datagram(a, b, udp(portA, portB)));
        const second = rowOf(datagram(c, b, udp(portC, portB)));
        expect(keyOf(first)).not.toEqual(keyOf(second));
      }),
    );
  });
});

it('ICMP without a counterpart has a key a direction', () => {
  const unreachable = (source: string, destination: string) =>
    rowOf(ipv4({ protocol: ICMP, source, destination }, icmp(3, 1)));
  expect(keyOf(unreachable('10.0.0.1', '10.0.0.2'))).not.toEqual(keyOf(unreachable('10.0.0.2', '10.0.0.1')));
});

it('the seed changes the hash, and nothing else', () => {
  const rows = [1, 2].map((hashSeed) => {
    const decoder = new TestDecoder([], 4, hashSeed);
    decoder.decode(ethernet(ipv4({ protocol: UDP }, udp(1, 2))));
    return decoder.row;
  });
  expect(rows[0][row.HASH]).not.toBe(rows[1][row.HASH]);
  expect(rows[0].with(row.HASH, 0)).toEqual(rows[1].with(row.HASH, 0));
});
