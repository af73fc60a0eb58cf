import { describe, expect, it } from 'vitest';
import { parseIp } from '../../../services/core/ip-address.ts';
import { AddressBook, isInRange, parseRange } from '../../../services/enrichment/locate/address.ts';

const book = new AddressBook(100, [parseRange('192.0.2.0/25')!]);

describe('addresses', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3', 'private'],
    ['172.31.255.255', '172.31.255.255', 'private'],
    ['172.32.0.0', '172.32.0.0', 'public'],
    ['100.64.0.1', '100.64.0.1', 'private'],
    ['192.0.2.1', '192.0.2.1', 'private'],
    ['192.0.2.128', '192.0.2.128', 'public'],
    ['127.0.0.1', '127.0.0.1', 'special'],
    ['224.0.0.251', '224.0.0.251', 'special'],
    ['::FFFF:8.8.8.8', '8.8.8.8', 'public'],
    ['::ffff:10.0.0.1', '10.0.0.1', 'private'],
    ['FE80::1%eth0', 'fe80::1', 'private'],
    ['fd00:0:0::1', 'fd00::1', 'private'],
    ['2606:4700::1111', '2606:4700::1111', 'public'],
    ['ff02::fb', 'ff02::fb', 'special'],
    ['::1', '::1', 'special'],
  ])('%s is %s, %s', (text, canonical, scope) => {
    expect(book.read(text)).toMatchObject({ text: canonical, scope });
  });

  it('that are none are not read', () => {
    for (const text of ['', '10.0.0', 'host', '1:2', '010.0.0.1']) expect(book.read(text)).toBeUndefined();
  });

  it('in all their forms are one', () => {
    expect(book.read('::ffff:10.0.0.1')).toBe(book.read('10.0.0.1'));
  });
});

describe('ranges', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', 'a00::', false],
    ['2001:db8::/33', '2001:db8:7fff::', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['192.0.2.1', '192.0.2.1', true],
  ])('%s and %s: %s', (range, ip, expected) => {
    expect(isInRange(parseIp(ip)!, parseRange(range)!)).toBe(expected);
  });

  it.each(['10.0.0.0/33', '::/129', '10.0.0.0/x', '10.0.0.0/8/8', 'x/8', ''])('%j is none', (text) => {
    expect(parseRange(text)).toBeUndefined();
  });
});
