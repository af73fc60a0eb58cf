import { expect, test } from 'vitest';
import {
  hasCapability,
  parsePrivileges,
  readPrivileges,
} from '../../../services/runtime/linux/privileges.ts';

const STATUS = `Name:\tnode
Uid:\t1000\t65532\t65532\t65532
CapInh:\t0000000000000000
CapPrm:\t0000000000003000
CapEff:\t0000000000002000
CapBnd:\t000001ffffffffff
CapAmb:\t0000000000000000
NoNewPrivs:\t1
Seccomp:\t2
Seccomp_filters:\t1
`;

test('what a process may do is read from its status', () => {
  expect(parsePrivileges(STATUS)).toEqual({
    userId: 65_532,
    effective: 0x2000n,
    permitted: 0x3000n,
    bounding: 0x1ff_ffff_ffffn,
    noNewPrivileges: true,
    isFiltered: true,
  });
});

test('a kernel without seccomp filters nothing', () => {
  expect(parsePrivileges(STATUS.replace(/^Seccomp.*\n/gm, '')).isFiltered).toBe(false);
});

test.each([
  [0x2000n, 13, true],
  [0x2000n, 12, false],
  [1n << 40n, 40, true],
  [0n, 0, false],
])('%x has capability %i: %s', (set, capability, expected) => {
  expect(hasCapability(set, capability)).toBe(expected);
});

test.skipIf(process.platform !== 'linux')('this process has a user', () => {
  expect(readPrivileges()?.userId).toBe(process.geteuid?.());
});
