import { describe, expect, it } from 'vitest';
import { communityId } from '../../../services/core/community-id.ts';
import type { IcmpMessage } from '../../../services/core/flow-record.ts';
import { ICMP, ICMPV6, SCTP, TCP, UDP } from '../../../services/core/protocol.ts';
import {
  address,
  CLIENT,
  CLIENT_6,
  hex,
  icmp,
  ipv4,
  ipv6,
  SERVER,
  SERVER_6,
  tcp,
  udp,
} from '../../fixtures/frames.ts';
import { TestMeter } from '../../fixtures/test-meter.ts';

type Ends = [source: string, destination: string];
type Ports = [source: number, destination: number];

/** The id by the specification's own rules, of one packet. */
function idOf(protocol: number, [source, destination]: Ends, ports?: Ports): string {
  const plain = { protocol, sourceAddress: address(source), destinationAddress: address(destination) };
  return communityId(
    ports === undefined ? plain : { ...plain, sourcePort: ports[0], destinationPort: ports[1] },
  );
}

const UP: Ends = [CLIENT, SERVER];
const DOWN: Ends = [SERVER, CLIENT];
const UP_6: Ends = [CLIENT_6, SERVER_6];
const DOWN_6: Ends = [SERVER_6, CLIENT_6];

const packet4 = (protocol: number, [source, destination]: Ends, payload: Buffer): Buffer =>
  ipv4({ protocol, source, destination }, payload);
const packet6 = (nextHeader: number, [source, destination]: Ends, payload: Buffer): Buffer =>
  ipv6({ nextHeader, source, destination }, payload);

describe('a record of ports', () => {
  it.each<[string, Buffer, string, (number | undefined)[]]>([
    [
      'TCP',
      packet4(TCP, UP, tcp({ source: 40_000, destination: 80 })),
      idOf(TCP, UP, [40_000, 80]),
      [40_000, 80],
    ],
    [
      'TCP, an answer',
      packet4(TCP, DOWN, tcp({ source: 80, destination: 40_000 })),
      idOf(TCP, UP, [40_000, 80]),
      [40_000, 80],
    ],
    ['UDP over IPv6', packet6(UDP, DOWN_6, udp(9, 7)), idOf(UDP, DOWN_6, [9, 7]), [9, 7]],
    ['SCTP', packet4(SCTP, DOWN, udp(9, 7)), idOf(SCTP, DOWN, [9, 7]), [9, 7]],
    ['one address', packet4(UDP, [CLIENT, CLIENT], udp(9, 7)), idOf(UDP, [CLIENT, CLIENT], [9, 7]), [9, 7]],
    ['port 0', packet4(UDP, UP, udp(9, 0)), idOf(UDP, UP, [9, 0]), [9, 0]],
    ['none', packet4(89, UP, hex('02010000')), idOf(89, UP), [undefined, undefined]],
    ['none over IPv6', packet6(89, DOWN_6, hex('02010000')), idOf(89, DOWN_6), [undefined, undefined]],
    ['cut off', packet4(UDP, UP, hex('0035')), idOf(UDP, UP), [undefined, undefined]],
  ])('%s', (_name, packet, id, ports) => {
    const {
      communityId: actual,
      source,
      destination,
      icmp: message,
    } = new TestMeter().packet(0, packet).onlyRecord;
    expect([actual, source.port, destination.port, message]).toEqual([id, ...ports, undefined]);
  });
});

describe('a record of ICMP has a message and no ports; the message is of the end that started it', () => {
  it.each<[string, Buffer, string, IcmpMessage, string]>([
    [
      'echo request',
      packet4(ICMP, UP, icmp(8)),
      idOf(ICMP, UP, [8, 0]),
      { type: 8, code: undefined },
      CLIENT,
    ],
    [
      'echo reply',
      packet4(ICMP, DOWN, icmp(0)),
      idOf(ICMP, UP, [8, 0]),
      { type: 8, code: undefined },
      CLIENT,
    ],
    [
      'echo request upwards',
      packet4(ICMP, DOWN, icmp(8)),
      idOf(ICMP, DOWN, [8, 0]),
      { type: 8, code: undefined },
      SERVER,
    ],
    [
      'unreachable',
      packet4(ICMP, DOWN, icmp(3, 13)),
      idOf(ICMP, DOWN, [3, 13]),
      { type: 3, code: 13 },
      SERVER,
    ],
    ['time exceeded', packet4(ICMP, UP, icmp(11, 0)), idOf(ICMP, UP, [11, 0]), { type: 11, code: 0 }, CLIENT],
    [
      'solicitation',
      packet6(ICMPV6, DOWN_6, icmp(135)),
      idOf(ICMPV6, DOWN_6, [135, 0]),
      { type: 135, code: undefined },
      SERVER_6,
    ],
    [
      'advertisement',
      packet6(ICMPV6, UP_6, icmp(136)),
      idOf(ICMPV6, DOWN_6, [135, 0]),
      { type: 135, code: undefined },
      SERVER_6,
    ],
    [
      'too big',
      packet6(ICMPV6, UP_6, icmp(2, 0)),
      idOf(ICMPV6, UP_6, [2, 0]),
      { type: 2, code: 0 },
      CLIENT_6,
    ],
  ])('%s', (_name, packet, id, message, source) => {
    const record = new TestMeter().packet(0, packet).onlyRecord;
    expect(record).toMatchObject({ communityId: id, icmp: message, source: { address: source } });
    expect([record.source.port, record.destination.port]).toEqual([undefined, undefined]);
  });

  it('request and reply are one flow, errors both ways are two', () => {
    const echo = new TestMeter()
      .packet(0, packet4(ICMP, UP, icmp(8)))
      .packet(1, packet4(ICMP, DOWN, icmp(0)));
    expect(echo.onlyRecord).toMatchObject({ source: { packets: 1 }, destination: { packets: 1 } });
    const errors = new TestMeter()
      .packet(0, packet4(ICMP, UP, icmp(3)))
      .packet(1, packet4(ICMP, DOWN, icmp(3)));
    expect(errors.finish()).toHaveLength(2);
  });
});

it('later fragments count to the flow of the first', () => {
  const piece = (fragment: number, payload: Buffer): Buffer =>
    ipv4({ protocol: UDP, identification: 3, fragment }, payload);
  const test = new TestMeter()
    .packet(0, piece(0x2000, udp(40_000, 53)))
    .packet(1, piece(1, Buffer.alloc(80)));
  expect(test.onlyRecord).toMatchObject({
    communityId: idOf(UDP, UP, [40_000, 53]),
    source: { port: 40_000, packets: 2, bytes: 28 + 100 },
  });
});
