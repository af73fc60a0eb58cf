import { networkInterfaces } from 'node:os';

import { expect, test } from 'vitest';

import {
  listNetworkInterfaces,
  selectInterfaces,
} from '../../../services/probe/capture/network-interfaces.ts';

const lo = { name: 'lo', index: 1, hardwareType: 772 };
const eth0 = { name: 'eth0', index: 2, hardwareType: 1 };
const tun0 = { name: 'tun0', index: 3, hardwareType: 0xfffe };

test.each([
  ['without names', undefined, [eth0, tun0]],
  ['no names', [], []],
  ['by name', ['eth0'], [eth0]],
  ['loopback by name', ['lo', 'tun0'], [lo, tun0]],
  ['a name that is not there', ['eth0', 'eth9'], [eth0]],
])('selectInterfaces %s', (_, names, selected) => {
  expect(selectInterfaces([lo, eth0, tun0], names)).toEqual(selected);
});

test('listNetworkInterfaces gives every interface of this machine once, by index', (ctx) => {
  if (process.platform !== 'linux') ctx.skip('rtnetlink exists on Linux only');
  const listed = listNetworkInterfaces();
  expect(listed).toContainEqual(lo);
  expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(networkInterfaces())));
  expect(new Set(listed.map(({ index }) => index)).size).toBe(listed.length);
  expect(listed.map(({ index }) => index)).toEqual(
    listed.map(({ index }) => index).toSorted((a, b) => a - b),
  );
});
