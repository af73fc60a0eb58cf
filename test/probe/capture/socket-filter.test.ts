import { endianness } from 'node:os';

import { describe, expect, test } from 'vitest';
import type { BpfProgram } from '../../../services/probe/capture/socket-filter.ts';
import { DROP_ALL, encodeProgram, socketFilter } from '../../../services/probe/capture/socket-filter.ts';
import { runProgram } from './classic-bpf.ts';

const SNAPLEN = 192;
const ETHERNET = 1;
const LOOPBACK = 772;
const TUN = 0xfffe;

/** Offsets from SKF_AD_OFF (linux/filter.h). */
const packet = (about: {
  readonly protocol?: number;
  readonly type?: number;
  readonly index?: number;
  readonly mark?: number;
  readonly hardware?: number;
}) => ({
  bytes: new Uint8Array(64),
  ancillary: {
    0: about.protocol ?? 0x86dd,
    4: about.type ?? 0,
    8: about.index ?? 1,
    20: about.mark ?? 0,
    28: about.hardware ?? ETHERNET,
  },
});

const returns = (k: number): BpfProgram => [{ code: 0x06, jt: 0, jf: 0, k }];
const expression = { ethernet: returns(11), ip: returns(22) };
const manyIndexes = Array.from({ length: 400 }, (_, position) => position + 10);

describe('socketFilter keeps', () => {
  test.each([
    ['all but loopback', {}, { hardware: ETHERNET }, SNAPLEN],
    ['all but loopback', {}, { hardware: TUN }, SNAPLEN],
    ['all but loopback', {}, { hardware: LOOPBACK }, 0],
    ['no interface', { interfaceIndexes: [] }, { index: 1 }, 0],
    ['one interface', { interfaceIndexes: [7] }, { index: 7 }, SNAPLEN],
    ['one interface', { interfaceIndexes: [7] }, { index: 8 }, 0],
    ['two interfaces', { interfaceIndexes: [7, 9] }, { index: 7 }, SNAPLEN],
    ['two interfaces', { interfaceIndexes: [7, 9] }, { index: 9 }, SNAPLEN],
    ['two interfaces', { interfaceIndexes: [7, 9] }, { index: 8 }, 0],
    ['400 interfaces', { interfaceIndexes: manyIndexes }, { index: 10 }, SNAPLEN],
    ['400 interfaces', { interfaceIndexes: manyIndexes }, { index: 409 }, SNAPLEN],
    ['400 interfaces', { interfaceIndexes: manyIndexes }, { index: 410 }, 0],
    ['lo, received', { interfaceIndexes: [1] }, { hardware: LOOPBACK, type: 0 }, SNAPLEN],
    ['lo, sent', { interfaceIndexes: [1] }, { hardware: LOOPBACK, type: 4 }, 0],
    ['eth0, sent', { interfaceIndexes: [1] }, { type: 4 }, SNAPLEN],
    ['own mark', { ignoredMark: 0xf10 }, { mark: 0xf10 }, 0],
    ['other mark', { ignoredMark: 0xf10 }, { mark: 0xf11 }, SNAPLEN],
    ['mark 0 ignores none', { ignoredMark: 0 }, { mark: 0 }, SNAPLEN],
    ['less of IPv4', { ipv4SnaplenBytes: 96 }, { protocol: 0x0800 }, 96],
    ['less of IPv4 only', { ipv4SnaplenBytes: 96 }, { protocol: 0x8100 }, SNAPLEN],
    ['as much of IPv4', {}, { protocol: 0x0800 }, SNAPLEN],
    ['expression, IPv4', { ipv4SnaplenBytes: 96, expression }, { protocol: 0x0800 }, 11],
    ['expression, Ethernet', { expression }, { hardware: ETHERNET }, 11],
    ['expression, tun', { expression }, { hardware: TUN }, 22],
    ['expression, loopback', { interfaceIndexes: [1], expression }, { hardware: LOOPBACK }, 11],
    ['expression, loopback unasked', { expression }, { hardware: LOOPBACK }, 0],
    ['expression, own mark', { ignoredMark: 5, expression }, { mark: 5 }, 0],
  ])('%s: %o of %o', (_, options, about, bytes) => {
    expect(runProgram(socketFilter({ snaplenBytes: SNAPLEN, ...options }), packet(about))).toBe(bytes);
  });
});

test('DROP_ALL keeps nothing', () => {
  expect(runProgram(DROP_ALL, packet({}))).toBe(0);
});

test('encodeProgram writes struct sock_filter in the byte order of the host', (ctx) => {
  if (endianness() !== 'LE') ctx.skip('the expected bytes are those of a little-endian host');
  const bytes = encodeProgram([
    { code: 0x15, jt: 7, jf: 9, k: 0x0005_1234 },
    { code: 0x20, jt: 0, jf: 0, k: 0xffff_f008 },
  ]);
  expect(Buffer.from(bytes).toString('hex')).toBe('1500070934120500' + '2000000008f0ffff');
});
