import { describe, expect, it } from 'vitest';
import { ICMP, ICMPV6, SCTP, TCP, UDP } from '../../../services/core/protocol.ts';
import { ORIGIN_RECEIVED, ORIGIN_SENT } from '../../../services/probe/capture/packet-sink.ts';
import { ListeningPorts } from '../../../services/probe/flow/listening-ports.ts';
import { ACK, CLIENT, hex, icmp, ipv4, ipv6, SERVER, SYN, tcp, udp } from '../../fixtures/frames.ts';
import { TestMeter } from '../../fixtures/test-meter.ts';

/** From 10.0.0.1 unless it is sent back. */
const up = (protocol: number, payload: Buffer): Buffer => ipv4({ protocol }, payload);
const down = (protocol: number, payload: Buffer): Buffer =>
  ipv4({ protocol, source: SERVER, destination: CLIENT }, payload);
const up6 = (payload: Buffer): Buffer => ipv6({ nextHeader: ICMPV6 }, payload);

describe('who started a flow, by its first packet', () => {
  it.each<[string, Buffer, string]>([
    ['SYN', up(TCP, tcp({ source: 80, destination: 40_000, flags: SYN })), '10.0.0.1 syn'],
    ['SYN-ACK', up(TCP, tcp({ source: 40_000, destination: 80, flags: SYN | ACK })), '10.0.0.2 syn'],
    ['data, to the lower port', up(TCP, tcp({ source: 40_000, destination: 8080 })), '10.0.0.1 lower_port'],
    ['data, from the lower port', up(TCP, tcp({ source: 8080, destination: 40_000 })), '10.0.0.2 lower_port'],
    ['UDP', down(UDP, udp(53, 40_000)), '10.0.0.1 lower_port'],
    ['SCTP', up(SCTP, udp(2905, 2904)), '10.0.0.1 lower_port'],
    ['one port at both ends', up(UDP, udp(123, 123)), '10.0.0.1 first_packet'],
    ['one port, from the other end', down(UDP, udp(123, 123)), '10.0.0.2 first_packet'],
    ['no ports', down(89, hex('02010000')), '10.0.0.2 first_packet'],
    ['ports cut off', down(UDP, hex('0035')), '10.0.0.2 first_packet'],
    ['echo request', up(ICMP, icmp(8)), '10.0.0.1 icmp_type'],
    ['echo reply', up(ICMP, icmp(0)), '10.0.0.2 icmp_type'],
    ['router advertisement', up(ICMP, icmp(9)), '10.0.0.2 icmp_type'],
    ['timestamp reply', up(ICMP, icmp(14)), '10.0.0.2 icmp_type'],
    ['unreachable, one-way', down(ICMP, icmp(3)), '10.0.0.2 icmp_type'],
    ['ICMPv6 echo request', up6(icmp(128)), '2001:db8::1 icmp_type'],
    ['ICMPv6 neighbour advertisement', up6(icmp(136)), '2001:db8::2 icmp_type'],
    ['ICMPv6 listener report', up6(icmp(131)), '2001:db8::2 icmp_type'],
    ['ICMPv6 too big, one-way', up6(icmp(2)), '2001:db8::1 icmp_type'],
  ])('%s', (_name, packet, expected) => {
    const { source, evidence } = new TestMeter().packet(0, packet).onlyRecord;
    expect(`${source.address} ${evidence}`).toBe(expected);
  });

  it.each<[string, [protocol: number, port: number][], string]>([
    ['none is known', [], '10.0.0.2 lower_port'],
    ['the higher one is known', [[UDP, 40_000]], '10.0.0.1 known_port'],
    ['the lower one is known', [[UDP, 9000]], '10.0.0.2 known_port'],
    [
      'both are known',
      [
        [UDP, 40_000],
        [UDP, 9000],
      ],
      '10.0.0.2 lower_port',
    ],
    ['it is known for another protocol', [[TCP, 40_000]], '10.0.0.2 lower_port'],
  ])('ports something listens on: %s', (_name, known, expected) => {
    const test = new TestMeter();
    for (const [protocol, port] of known) test.meter.listeningPorts.add(protocol, port);
    const { source, evidence } = test.packet(0, up(UDP, udp(9000, 40_000))).onlyRecord;
    expect(`${source.address} ${evidence}`).toBe(expected);
  });

  it('a SYN-ACK makes its port known to the flows that come after', () => {
    const answered = up(TCP, tcp({ source: 50_000, destination: 9000, flags: SYN | ACK }));
    const middle = up(TCP, tcp({ source: 50_000, destination: 8000 }));
    const records = new TestMeter().packet(0, middle).packet(1, answered).packet(2, middle).finish();
    expect(records.map(({ record }) => record.evidence)).toEqual(['lower_port', 'syn']);
    const others = new TestMeter().packet(1, answered).packet(2, middle).finish();
    expect(others.map(({ record }) => record.evidence)).toEqual(['syn', 'known_port']);
  });

  it('is decided once, and kept over windows', () => {
    const answer = down(TCP, tcp({ source: 80, destination: 40_000, flags: SYN }));
    const question = up(TCP, tcp({ source: 40_000, destination: 80, flags: SYN }));
    const records = new TestMeter({ windowMs: 1000 }).packet(0, question).packet(1000, answer).finish();
    expect(records.map(({ record }) => record.source.address)).toEqual(['10.0.0.1', '10.0.0.1']);
  });
});

describe('the direction of a flow', () => {
  const question = up(UDP, udp(40_000, 53));
  const answer = down(UDP, udp(53, 40_000));
  it.each<[string, Buffer, number, string]>([
    ['sent by the one who started it', question, ORIGIN_SENT, 'egress'],
    ['received from the one who started it', question, ORIGIN_RECEIVED, 'ingress'],
    ['an answer sent', answer, ORIGIN_SENT, 'ingress'],
    ['an answer received', answer, ORIGIN_RECEIVED, 'egress'],
    ['nothing known of the host', question, 0, 'unknown'],
  ])('%s', (_name, packet, circumstances, expected) => {
    expect(new TestMeter().packet(0, packet, { circumstances }).onlyRecord.direction).toBe(expected);
  });
});

describe('ListeningPorts', () => {
  it('knows ports of TCP and UDP apart, up to the last', () => {
    const ports = new ListeningPorts();
    for (const protocol of [TCP, UDP, SCTP]) expect(ports.has(protocol, 65_535)).toBe(false);
    ports.add(TCP, 65_535);
    ports.add(SCTP, 7);
    expect([ports.has(TCP, 65_535), ports.has(UDP, 65_535), ports.has(SCTP, 7)]).toEqual([
      true,
      false,
      false,
    ]);
    ports.add(UDP, 0);
    expect([ports.has(TCP, 0), ports.has(UDP, 0)]).toEqual([false, true]);
  });
});
