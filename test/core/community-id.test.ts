import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { communityId, communityIdFromWords } from '../../services/core/community-id.ts';
import { endpointsInOrder } from '../../services/core/endpoint-order.ts';
import { parseIp } from '../../services/core/ip-address.ts';

function addressOf(text: string): Uint8Array {
  const bytes = parseIp(text);
  if (bytes === undefined) throw new Error(`not an address: ${text}`);
  return bytes;
}

function idOf(
  protocol: number,
  source: string,
  destination: string,
  ports: readonly number[] = [],
  seed = 0,
): string {
  const [sourcePort, destinationPort] = ports;
  const sides = { sourceAddress: addressOf(source), destinationAddress: addressOf(destination) };
  if (sourcePort === undefined || destinationPort === undefined)
    return communityId({ protocol, ...sides }, seed);
  return communityId({ protocol, ...sides, sourcePort, destinationPort }, seed);
}

describe('ids the specification publishes', () => {
  it.each<[string, number, string, string, number[], string]>([
    ['TCP', 6, '128.232.110.120', '66.35.250.204', [34855, 80], '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
    ['UDP', 17, '192.168.1.52', '8.8.8.8', [54585, 53], '1:d/FP5EW3wiY1vCndhwleRRKHowQ='],
    [
      'SCTP, one port at both ends',
      132,
      '192.168.170.8',
      '192.168.170.56',
      [7, 7],
      '1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=',
    ],
    ['ICMP echo', 1, '192.168.0.89', '192.168.0.1', [8, 0], '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
    ['ICMP time exceeded, one-way', 1, '10.0.0.1', '10.0.0.2', [11, 0], '1:YHxtAirCG//0OzkcVAukqKQN9xM='],
    ['RSVP, no ports', 46, '10.1.12.1', '10.1.12.2', [], '1:KHlLkgoJW7ifUTyTSgyVfkFHzKw='],
    [
      'TCP over IPv6',
      6,
      '2001:470:e5bf:dead:4957:2174:e82c:4887',
      '2607:f8b0:400c:c03::1a',
      [63943, 25],
      '1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=',
    ],
    [
      'ICMPv6 neighbour solicitation',
      58,
      'fe80::200:86ff:fe05:80da',
      'fe80::260:97ff:fe07:69ea',
      [135, 0],
      '1:dGHyGvjMfljg6Bppwm3bg0LO8TY=',
    ],
    [
      'ICMPv6 time exceeded, one-way',
      58,
      '3ffe:501:1800:2345::2',
      '3ffe:507:0:1:200:86ff:fe05:80da',
      [3, 0],
      '1:2ObVBgIn28oZvibYZhZMBgh7WdQ=',
    ],
  ])('%s', (_what, protocol, source, destination, ports, expected) => {
    expect(idOf(protocol, source, destination, ports)).toBe(expected);
  });

  it('depends on the seed', () => {
    expect(idOf(6, '128.232.110.120', '66.35.250.204', [34855, 80], 1)).toBe(
      '1:3V71V58M3Ksw/yuFALMcW0LAHvc=',
    );
  });

  it('comes in hexadecimal on request', () => {
    const input = {
      protocol: 6,
      sourceAddress: addressOf('128.232.110.120'),
      destinationAddress: addressOf('66.35.250.204'),
    };
    expect(communityId({ ...input, sourcePort: 34855, destinationPort: 80, hexadecimal: true })).toBe(
      '1:2d053da9994af81e45dca0e67afea6e4f3226eb8',
    );
  });
});

const address = fc.oneof(fc.tuple(bytes(4), bytes(4)), fc.tuple(bytes(16), bytes(16)));
const port = fc.integer({ min: 0, max: 65535 });
const seed = fc.integer({ min: 0, max: 65535 });

function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

describe('both directions', () => {
  it('give one id where there are ports', () => {
    fc.assert(
      fc.property(
        address,
        port,
        port,
        fc.constantFrom(6, 17, 132),
        seed,
        ([a, b], portA, portB, protocol, s) => {
          const there = {
            protocol,
            sourceAddress: a,
            destinationAddress: b,
            sourcePort: portA,
            destinationPort: portB,
          };
          const back = {
            protocol,
            sourceAddress: b,
            destinationAddress: a,
            sourcePort: portB,
            destinationPort: portA,
          };
          expect(communityId(there, s)).toBe(communityId(back, s));
        },
      ),
    );
  });

  it('give one id where there are none', () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 255 }), seed, ([a, b], protocol, s) => {
        const there = { protocol, sourceAddress: a, destinationAddress: b };
        const back = { protocol, sourceAddress: b, destinationAddress: a };
        expect(communityId(there, s)).toBe(communityId(back, s));
      }),
    );
  });

  it.each([
    ['ICMP echo', 1, 8, 0, '192.0.2.9', '192.0.2.1'],
    ['ICMP timestamp', 1, 13, 14, '192.0.2.9', '192.0.2.1'],
    ['ICMPv6 echo', 58, 128, 129, '2001:db8::9', '2001:db8::1'],
    ['ICMPv6 listener query', 58, 130, 131, 'fe80::9', 'ff02::1'],
  ])('give one id for %s and its answer', (_what, protocol, request, reply, a, b) => {
    expect(idOf(protocol, a, b, [request, 0])).toBe(idOf(protocol, b, a, [reply, 0]));
  });

  it('give two ids where ICMP is one-way', () => {
    expect(idOf(1, '192.0.2.9', '192.0.2.1', [3, 1])).not.toBe(idOf(1, '192.0.2.1', '192.0.2.9', [3, 1]));
  });
});

describe('communityIdFromWords', () => {
  it('agrees with communityId once the endpoints are in order', () => {
    fc.assert(
      fc.property(address, port, port, seed, fc.boolean(), ([x, y], portX, portY, s, hasPorts) => {
        const a = wordsOf(x);
        const b = wordsOf(y);
        const swap = !endpointsInOrder(...a, hasPorts ? portX : 0, ...b, hasPorts ? portY : 0);
        const [first, second] = swap ? [b, a] : [a, b];
        const ports: [number, number] = swap ? [portY, portX] : [portX, portY];
        const plain = { protocol: 17, sourceAddress: x, destinationAddress: y };
        expect(
          communityIdFromWords(s, x.length === 4 ? 4 : 6, 17, ...first, ...second, ...ports, hasPorts),
        ).toBe(communityId(hasPorts ? { ...plain, sourcePort: portX, destinationPort: portY } : plain, s));
      }),
    );
  });
});

function wordsOf(raw: Uint8Array): [number, number, number, number] {
  const view = new DataView(new ArrayBuffer(16));
  raw.forEach((byte, at) => {
    view.setUint8(at, byte);
  });
  return [view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12)];
}

describe('addresses that make no flow', () => {
  it.each([
    [4, 16],
    [16, 4],
    [6, 6],
    [0, 0],
  ])('%d and %d bytes are refused', (source, destination) => {
    const input = {
      protocol: 6,
      sourceAddress: new Uint8Array(source),
      destinationAddress: new Uint8Array(destination),
    };
    expect(() => communityId(input)).toThrow(RangeError);
  });
});
