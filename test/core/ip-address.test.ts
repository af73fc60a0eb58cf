import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatIp,
  formatIpv4,
  formatIpv6,
  parseIp,
  parseIpv4,
  parseIpv6,
} from '../../services/core/ip-address.ts';

const ipv6Bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
/** Addresses with runs of zero groups, where the shortest form is a question. */
const sparseIpv6Bytes = fc
  .array(fc.constantFrom(0, 0, 0, 1, 0x10, 0xfff, 0xffff), { minLength: 8, maxLength: 8 })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff])));

describe('parse and format', () => {
  it.each([
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['10.0.200.9', '10.0.200.9'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['2001:0db8::0001', '2001:db8::1'],
    // RFC 5952, section 4.2.2: one zero group is not shortened.
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    // Section 4.2.3: the longest run, and the first of two equal ones.
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    // Section 5: mixed notation where the prefix is known.
    ['::ffff:c000:0201', '::ffff:192.0.2.1'],
    ['::FFFF:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:255.254.253.252', '1:2:3:4:5:6:fffe:fdfc'],
    ['::13.1.68.3', '::d01:4403'],
  ])('%s is %s', (text, canonical) => {
    const bytes = parseIp(text);
    expect(bytes && formatIp(bytes)).toBe(canonical);
  });

  it.each([
    '',
    ' ',
    '1',
    '1.2.3',
    '1.2.3.',
    '.1.2.3',
    '1.2.3.4.5',
    '1..2.3',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '0x1.2.3.4',
    '1.2.3.-4',
    ':',
    ':::',
    '1:',
    ':1',
    '::1:',
    '1::2::3',
    '1:::2',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    '12345::',
    'g::',
    '::1%eth0',
    'fe80::1%1',
    '[::1]',
    '::1/128',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::1.2.3',
    '::256.1.1.1',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1.2.3.4.5',
    '１.2.3.4',
  ])('%j is no address', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it('agrees with node:net on what an address is', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0125f:.%'), maxLength: 20 });
    fc.assert(
      fc.property(text, (candidate) => {
        const version = candidate.includes('%') ? 0 : isIP(candidate);
        expect(parseIpv4(candidate) !== undefined).toBe(version === 4);
        expect(parseIpv6(candidate) !== undefined).toBe(version === 6);
      }),
      { numRuns: 5000 },
    );
  });

  it('returns every IPv4 address to its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
        expect(formatIp(bytes)).toBe(bytes.join('.'));
        expect(parseIp(bytes.join('.'))).toEqual(bytes);
      }),
    );
  });

  it('returns every IPv6 address to its bytes, in the form browsers use', () => {
    fc.assert(
      fc.property(fc.oneof(ipv6Bytes, sparseIpv6Bytes), (bytes) => {
        const text = formatIp(bytes) ?? '';
        expect(parseIpv6(text)).toEqual(bytes);
        // The URL standard has no mixed notation; everything else is RFC 5952 there too.
        if (!text.includes('.')) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('from words', () => {
  it('takes signed and unsigned words alike', () => {
    expect(formatIpv4(0xc0a80001)).toBe('192.168.0.1');
    expect(formatIpv4(0xc0a80001 | 0)).toBe('192.168.0.1');
    expect(formatIpv6(0xfe800000, 0, 0x020086ff, 0xfe0580da)).toBe('fe80::200:86ff:fe05:80da');
    expect(formatIpv6(0xfe800000 | 0, 0, 0x020086ff, 0xfe0580da | 0)).toBe('fe80::200:86ff:fe05:80da');
  });
});

it('has no text for other lengths', () => {
  expect(formatIp(new Uint8Array(6))).toBeUndefined();
});
