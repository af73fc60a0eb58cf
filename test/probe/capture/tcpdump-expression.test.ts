import { beforeEach, describe, expect, test } from 'vitest';

import { socketFilter } from '../../../services/probe/capture/socket-filter.ts';
import { compileTcpdumpExpression } from '../../../services/probe/capture/tcpdump-expression.ts';
import { runProgram } from './classic-bpf.ts';

const SNAPLEN = 192;
const ETHERNET = 1;
const TUN = 0xfffe;

const MAC = '020000000001020000000002';
const tcp443 = '45000028000040004006000 00a0000010a000002d43101bb00000000000000005002ffff00000000'.replaceAll(
  ' ',
  '',
);
const udp53 = '4500001c00004000401100000a0000010a000003d431003500080000';
const tcp443v6 = `6000000000140640${'fd00'.padEnd(31, '0')}1${'fd00'.padEnd(31, '0')}2d43101bb00000000000000005002ffff00000000`;
const arp = `${MAC}080600010800060400010200000000010a0000010000000000000a000002`;

const FRAMES = {
  tcp443: [ETHERNET, `${MAC}0800${tcp443}`],
  udp53: [ETHERNET, `${MAC}0800${udp53}`],
  tcp443v6: [ETHERNET, `${MAC}86dd${tcp443v6}`],
  arp: [ETHERNET, arp],
  tunTcp443: [TUN, tcp443],
  tunUdp53: [TUN, udp53],
  tunTcp443v6: [TUN, tcp443v6],
} as const;

/** Why no expression can be compiled here. */
function libpcapMissing(): string | undefined {
  try {
    compileTcpdumpExpression('', SNAPLEN);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

const missing = libpcapMissing();

describe('compileTcpdumpExpression', () => {
  beforeEach((ctx) => {
    if (missing !== undefined) ctx.skip(missing);
  });

  test.each([
    ['tcp port 443', ['tcp443', 'tcp443v6', 'tunTcp443', 'tunTcp443v6']],
    ['ip and tcp', ['tcp443', 'tunTcp443']],
    ['ip6', ['tcp443v6', 'tunTcp443v6']],
    ['host 10.0.0.3', ['udp53', 'tunUdp53']],
    ['not port 443', ['udp53', 'arp', 'tunUdp53']],
    ['ether host 02:00:00:00:00:01', ['tcp443', 'udp53', 'tcp443v6', 'arp']],
    ['arp', ['arp']],
    ['', Object.keys(FRAMES)],
  ])('"%s" keeps %o', (expression, kept) => {
    const program = socketFilter({
      snaplenBytes: SNAPLEN,
      expression: compileTcpdumpExpression(expression, SNAPLEN),
    });
    const keptBytes = Object.entries(FRAMES).map(([name, [hardwareType, hex]]) => [
      name,
      runProgram(program, { bytes: Buffer.from(hex, 'hex'), ancillary: { 28: hardwareType } }),
    ]);
    expect(Object.fromEntries(keptBytes)).toEqual(
      Object.fromEntries(Object.keys(FRAMES).map((name) => [name, kept.includes(name) ? SNAPLEN : 0])),
    );
  });

  test.each([
    [
      'tcp prot 443',
      /^The filter "tcp prot 443" cannot be used: can't parse filter expression: syntax error/,
    ],
    ['tcp and udp', /expression rejects all packets/],
    ['vlan 5 and tcp', /leave `vlan` out/],
    ['(vlan)', /leave `vlan` out/],
    ['host my-vlan-host.invalid', /unknown host/],
  ])('"%s" is refused', (expression, message) => {
    expect(() => compileTcpdumpExpression(expression, SNAPLEN)).toThrow(
      expect.objectContaining({ code: 'FILTER_INVALID', message: expect.stringMatching(message) }),
    );
  });
});
