import { beforeEach, describe, expect, it } from 'vitest';
import { ICMP, IPV6_FRAG, TCP, UDP } from '../../../services/core/protocol.ts';
import * as row from '../../../services/probe/decode/packet-row.ts';
import { TestDecoder } from '../../fixtures/decoded-packet.ts';
import { ethernet, fragmentHeader, icmp, ipv4, ipv6, SYN, tcp, udp } from '../../fixtures/frames.ts';

/** One piece of a datagram: its offset in eight bytes, whether more follow, which datagram, and what it carries. */
interface Piece {
  readonly offset: number;
  readonly more: boolean;
  readonly id: number;
  readonly protocol: number;
  readonly payload: Buffer;
}

const fragment4 = ({ offset, more, id, protocol, payload }: Piece): Buffer =>
  ethernet(ipv4({ protocol, identification: id, fragment: (more ? 0x2000 : 0) | offset }, payload));

const fragment6 = ({ offset, more, id, protocol, payload }: Piece): Buffer =>
  ethernet(
    ipv6({ nextHeader: IPV6_FRAG }, Buffer.concat([fragmentHeader(protocol, offset, more, id), payload])),
  );

const MIDDLE = Buffer.alloc(16, 0xff);

describe.each([
  ['IPv4', fragment4, 'udp 10.0.0.1:40000 > 10.0.0.2:53', 'udp 10.0.0.1 > 10.0.0.2', 20],
  ['IPv6', fragment6, 'udp [2001:db8::1]:40000 > [2001:db8::2]:53', 'udp 2001:db8::1 > 2001:db8::2', 48],
])('fragments of %s', (_version, fragment, flow, portless, headerBytes) => {
  const first = (id: number): Buffer =>
    fragment({ offset: 0, more: true, id, protocol: UDP, payload: udp(40_000, 53, MIDDLE) });
  const later = (id: number, more = false): Buffer =>
    fragment({ offset: 3, more, id, protocol: UDP, payload: MIDDLE });
  const firstText = `${flow}, ${headerBytes + 24} bytes`;
  const laterText = `${flow}, ${headerBytes + 16} bytes`;
  const strayText = `${portless}, ${headerBytes + 16} bytes`;

  it.each<[string, Buffer[], string[], Record<string, number>]>([
    ['in order', [first(1), later(1, true), later(1)], [firstText, laterText, laterText], { fragments: 3 }],
    [
      'the first comes second',
      [later(1), first(1), later(1)],
      [strayText, firstText, laterText],
      { fragments: 3, fragment_without_first: 1 },
    ],
    [
      'of another datagram',
      [first(1), later(2)],
      [firstText, strayText],
      { fragments: 2, fragment_without_first: 1 },
    ],
    [
      'of two datagrams in turn',
      [first(1), first(2), later(1), later(2)],
      [firstText, firstText, laterText, laterText],
      { fragments: 4 },
    ],
  ])('%s', (_name, frames, expected, causes) => {
    const decoder = new TestDecoder();
    expect(frames.map((frame) => decoder.decode(frame))).toEqual(expected);
    expect(decoder.causes).toEqual(causes);
  });

  it('belong to their datagram for 60 seconds', () => {
    const decoder = new TestDecoder();
    decoder.decode(first(1), { seconds: 1000 });
    expect(decoder.decode(later(1), { seconds: 1060 })).toBe(laterText);
    expect(decoder.decode(later(1), { seconds: 1061 })).toBe(strayText);
    expect(decoder.causes).toEqual({ fragments: 3, fragment_without_first: 1 });
  });

  it('belong to it in the last seconds of 32-bit time too', () => {
    const decoder = new TestDecoder();
    decoder.decode(first(1), { seconds: 0xfffffff0 });
    expect(decoder.decode(later(1), { seconds: 0xffffffff })).toBe(laterText);
  });

  it('take the flow of the latest datagram with their identification', () => {
    const decoder = new TestDecoder();
    const other = { offset: 0, more: true, id: 1, protocol: UDP, payload: udp(40_001, 53, MIDDLE) };
    decoder.decode(first(1));
    decoder.decode(fragment(other));
    expect(decoder.decode(later(1))).toBe(laterText.replace('40000', '40001'));
  });

  it('push the oldest datagram out of a full table, which is counted', () => {
    const decoder = new TestDecoder([], 4);
    for (const id of [1, 2, 3, 4, 5]) decoder.decode(first(id), { seconds: id });
    expect(decoder.causes).toEqual({ fragments: 5, fragment_table_evicted: 1 });
    expect([1, 2, 5].map((id) => decoder.decode(later(id), { seconds: 6 }))).toEqual([
      strayText,
      laterText,
      laterText,
    ]);
  });

  it('push out a datagram that has expired without being counted', () => {
    const decoder = new TestDecoder([], 4);
    for (const id of [1, 2, 3, 4]) decoder.decode(first(id), { seconds: id });
    decoder.decode(first(5), { seconds: 62 });
    expect(decoder.causes).toEqual({ fragments: 5 });
  });

  it('count to the known datagram when a first one has no readable ports', () => {
    const decoder = new TestDecoder();
    decoder.decode(first(1));
    const short = fragment({ offset: 0, more: true, id: 1, protocol: UDP, payload: Buffer.alloc(2) });
    expect(decoder.decode(short)).toBe(`${flow}, ${headerBytes + 2} bytes`);
  });
});

describe('what a first fragment tells beside its ports', () => {
  let decoder: TestDecoder;
  beforeEach(() => {
    decoder = new TestDecoder();
  });

  it('are the flags of TCP, but not where its payload stands in the stream', () => {
    const payload = tcp({ flags: SYN, window: 0 }, MIDDLE);
    decoder.decode(fragment4({ offset: 0, more: true, id: 1, protocol: TCP, payload }));
    expect(decoder.row[row.TCP]).toBe(SYN);
    decoder.decode(fragment4({ offset: 3, more: false, id: 1, protocol: TCP, payload }));
    expect(decoder.row[row.TCP]).toBe(0);
  });

  it('is the message of ICMP', () => {
    const piece = { id: 1, protocol: ICMP, payload: icmp(8) };
    expect(decoder.decode(fragment4({ ...piece, offset: 0, more: true }))).toBe(
      'icmp 10.0.0.1:8 > 10.0.0.2:0, 28 bytes',
    );
    expect(decoder.decode(fragment4({ ...piece, offset: 1, more: false }))).toBe(
      'icmp 10.0.0.1:8 > 10.0.0.2:0, 28 bytes',
    );
  });

  it('is for fragments of the same protocol only', () => {
    decoder.decode(
      fragment4({ offset: 0, more: true, id: 1, protocol: UDP, payload: udp(40_000, 53, MIDDLE) }),
    );
    const other = fragment4({ offset: 3, more: false, id: 1, protocol: TCP, payload: MIDDLE });
    expect(decoder.decode(other)).toBe('tcp 10.0.0.1 > 10.0.0.2, 36 bytes');
  });

  it('is nothing for a protocol without ports', () => {
    const piece = { id: 1, protocol: 89, payload: MIDDLE };
    decoder.decode(fragment4({ ...piece, offset: 0, more: true }));
    expect(decoder.decode(fragment4({ ...piece, offset: 2, more: false }))).toBe(
      'ospfigp 10.0.0.1 > 10.0.0.2, 36 bytes',
    );
  });
});
