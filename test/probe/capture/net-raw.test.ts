import { expect, test } from 'vitest';
import { netRawRefusal } from '../../../services/probe/capture/net-raw.ts';

const RAW = 1n << 13n;
const NONE = 0n;
const USER = 65_532;

/** What stops a process is found in this order; test/images has the processes. */
test.each([
  // user, effective, permitted, bounding, no new privileges, seccomp
  [USER, RAW, RAW, RAW, true, true, /its seccomp profile or a security module forbids/],
  [USER, RAW, RAW, RAW, true, false, /or a security module forbids/],
  [USER, NONE, NONE, NONE, true, true, /can never have it.*Add NET_RAW/],
  [0, NONE, NONE, NONE, true, false, /\(user 0\) can never have it/],
  [USER, NONE, RAW, RAW, true, false, /keeps it from being made effective/],
  [0, NONE, NONE, RAW, true, false, /has given it up/],
  [USER, NONE, NONE, RAW, false, false, /without it as a file capability/],
  [USER, NONE, NONE, RAW, true, false, /allowPrivilegeEscalation: false.*cri-dockerd/],
])(
  'user %i, effective %x, permitted %x, bounding %x, no_new_privs %s, seccomp %s: %s',
  (userId, effective, permitted, bounding, noNewPrivileges, isFiltered, sentence) => {
    const privileges = { userId, effective, permitted, bounding, noNewPrivileges, isFiltered };
    expect(netRawRefusal(privileges)).toMatch(sentence);
  },
);

test('without /proc it says what is needed', () => {
  expect(netRawRefusal(undefined)).toBe('Capturing needs the NET_RAW capability, which this process lacks.');
});
