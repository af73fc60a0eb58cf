import { expect, test } from 'vitest';
import { formatAddress, listenAddress } from '../../services/runtime/listen-address.ts';

test.each([
  ['8080', undefined, 8080, ':8080'],
  [':8080', undefined, 8080, ':8080'],
  ['0', undefined, 0, ':0'],
  ['127.0.0.1:80', '127.0.0.1', 80, '127.0.0.1:80'],
  ['localhost:1', 'localhost', 1, 'localhost:1'],
  ['[::1]:65535', '::1', 65_535, '[::1]:65535'],
])('%s', (text, host, port, written) => {
  const address = listenAddress().parse(text);
  expect(address).toEqual({ host, port });
  expect(formatAddress(address)).toBe(written);
});

test.each(['', 'host', 'host:', ':65536', '::1:80', '[::1]', 'a:b:1', '-1', '1.5'])('%j is none', (text) => {
  expect(listenAddress().safeParse(text).success).toBe(false);
});
