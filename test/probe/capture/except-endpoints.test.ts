import { describe, expect, test } from 'vitest';
import { TCP, UDP } from '../../../services/core/protocol.ts';
import type { IgnoredEndpoint } from '../../../services/probe/capture/except-endpoints.ts';
import { socketFilter } from '../../../services/probe/capture/socket-filter.ts';
import { address, ethernet, ipv4, ipv6, tcp, udp } from '../../fixtures/frames.ts';
import { runProgram } from './classic-bpf.ts';

const SNAPLEN = 192;
const ETHERNET = 1;
const [ETHERTYPE_IPV4, ETHERTYPE_IPV6] = [0x0800, 0x86dd];

const OWN = '10.0.0.1';
const OTHER = '10.0.0.2';
const OWN_6 = '2001:db8::1';
const OTHER_6 = '2001:db8::2';

const ENDPOINTS: readonly IgnoredEndpoint[] = [
  { protocol: 'tcp', address: address('192.0.2.9'), port: 1 },
  { protocol: 'tcp', address: address(OWN), port: 40_001 },
  { protocol: 'tcp', address: address(OWN_6), port: 40_002 },
  { protocol: 'udp', address: address(OWN), port: 40_003 },
];

function keeps(packet: Buffer, etherType: number, hasLinkHeader = true): boolean {
  const bytes = hasLinkHeader ? ethernet(packet) : packet;
  const kept = runProgram(socketFilter({ snaplenBytes: SNAPLEN, ignoredEndpoints: ENDPOINTS }), {
    bytes,
    networkOffset: hasLinkHeader ? 14 : 0,
    ancillary: { 0: etherType, 28: hasLinkHeader ? ETHERNET : 0xfffe },
  });
  return kept === SNAPLEN;
}

interface Ends {
  readonly source: string;
  readonly destination: string;
  readonly ports: readonly [number, number];
}

const tcp4 = ({ source, destination, ports: [from, to] }: Ends): Buffer =>
  ipv4({ source, destination, protocol: TCP }, tcp({ source: from, destination: to }));
const udp4 = ({ source, destination, ports: [from, to] }: Ends): Buffer =>
  ipv4({ source, destination, protocol: UDP }, udp(from, to, Buffer.alloc(20)));
const tcp6 = ({ source, destination, ports: [from, to] }: Ends): Buffer =>
  ipv6({ source, destination, nextHeader: TCP }, tcp({ source: from, destination: to }));

describe.each([true, false])('with a link header: %s', (hasLinkHeader) => {
  test.each([
    ['what it sends', tcp4({ source: OWN, destination: OTHER, ports: [40_001, 443] }), ETHERTYPE_IPV4],
    ['what it receives', tcp4({ source: OTHER, destination: OWN, ports: [443, 40_001] }), ETHERTYPE_IPV4],
    ['by UDP', udp4({ source: OWN, destination: OTHER, ports: [40_003, 53] }), ETHERTYPE_IPV4],
    ['over IPv6', tcp6({ source: OWN_6, destination: OTHER_6, ports: [40_002, 443] }), ETHERTYPE_IPV6],
    ['back over IPv6', tcp6({ source: OTHER_6, destination: OWN_6, ports: [443, 40_002] }), ETHERTYPE_IPV6],
  ])('drops %s', (_, packet, etherType) => {
    expect(keeps(packet, etherType, hasLinkHeader)).toBe(false);
  });

  test.each([
    ['another port', tcp4({ source: OWN, destination: OTHER, ports: [40_004, 443] }), ETHERTYPE_IPV4],
    [
      'the port of another endpoint',
      tcp4({ source: OWN, destination: OTHER, ports: [40_003, 443] }),
      ETHERTYPE_IPV4,
    ],
    [
      'the same port elsewhere',
      tcp4({ source: OTHER, destination: OWN, ports: [40_001, 443] }),
      ETHERTYPE_IPV4,
    ],
    [
      'the same port of the other side',
      tcp4({ source: OWN, destination: OTHER, ports: [9, 40_001] }),
      ETHERTYPE_IPV4,
    ],
    ['the same port of UDP', udp4({ source: OWN, destination: OTHER, ports: [40_001, 443] }), ETHERTYPE_IPV4],
    ['another address', tcp6({ source: OTHER_6, destination: '::1', ports: [40_002, 443] }), ETHERTYPE_IPV6],
    ['ports that are not looked at', ipv4({ source: OWN, protocol: 47 }, Buffer.alloc(20)), ETHERTYPE_IPV4],
    [
      'a packet without room for ports',
      ipv4({ source: OWN, protocol: TCP }, Buffer.alloc(1)),
      ETHERTYPE_IPV4,
    ],
    ['a header that is cut off', Buffer.alloc(6), ETHERTYPE_IPV6],
    ['something else', Buffer.alloc(28), 0x0806],
  ])('keeps %s', (_, packet, etherType) => {
    expect(keeps(packet, etherType, hasLinkHeader)).toBe(true);
  });
});

test('without endpoints the filter is as it was', () => {
  expect(socketFilter({ snaplenBytes: 1, ignoredEndpoints: [] })).toEqual(socketFilter({ snaplenBytes: 1 }));
});
