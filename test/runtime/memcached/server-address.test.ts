import { expect, test } from 'vitest';
import { serverAddress } from '../../../services/runtime/memcached/server-address.ts';

test.each([
  ['cache', { host: 'cache', port: 11_211 }],
  ['cache:1', { host: 'cache', port: 1 }],
  ['10.0.0.1:11211', { host: '10.0.0.1', port: 11_211 }],
  ['[fd00::1]', { host: 'fd00::1', port: 11_211 }],
  ['[fd00::1]:65535', { host: 'fd00::1', port: 65_535 }],
  ['', undefined],
  ['cache:', undefined],
  ['cache:0', undefined],
  ['cache:65536', undefined],
  ['fd00::1', undefined],
  ['a b:1', undefined],
])('%j is %j', (text, address) => {
  expect(serverAddress().safeParse(text).data).toEqual(address);
});
