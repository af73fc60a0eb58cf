import { describe, expect, test } from 'vitest';
import { formatIp } from '../../../services/core/ip-address.ts';
import { ICMP, ICMPV6, TCP, UDP } from '../../../services/core/protocol.ts';
import { ConntrackEntry } from '../../../services/resolver/conntrack/conntrack-entry.ts';
import type { TupleFields } from '../../fixtures/conntrack-messages.ts';
import { attribute, entryAttributes, tupleAttributes } from '../../fixtures/conntrack-messages.ts';

const tuple = (
  protocol: number,
  source: string,
  sourcePort: number,
  destination: string,
  destinationPort: number,
) => ({
  protocol,
  source,
  sourcePort,
  destination,
  destinationPort,
});

const CASES: readonly {
  readonly what: string;
  readonly original: TupleFields;
  readonly reply: TupleFields;
  readonly source: boolean;
  readonly destination: boolean;
}[] = [
  {
    what: 'nothing',
    original: tuple(TCP, '10.0.0.1', 4000, '10.0.0.2', 80),
    reply: tuple(TCP, '10.0.0.2', 80, '10.0.0.1', 4000),
    source: false,
    destination: false,
  },
  {
    what: 'the destination',
    original: tuple(TCP, '10.0.0.1', 4000, '10.96.0.1', 80),
    reply: tuple(TCP, '10.0.0.2', 80, '10.0.0.1', 4000),
    source: false,
    destination: true,
  },
  {
    what: 'only the port of the destination',
    original: tuple(UDP, 'fd00::1', 4000, 'fd00::2', 53),
    reply: tuple(UDP, 'fd00::2', 5353, 'fd00::1', 4000),
    source: false,
    destination: true,
  },
  {
    what: 'the source',
    original: tuple(UDP, '10.0.0.1', 4000, '192.0.2.1', 53),
    reply: tuple(UDP, '192.0.2.1', 53, '10.1.0.1', 4000),
    source: true,
    destination: false,
  },
  {
    what: 'only the port of the source',
    original: tuple(UDP, '10.0.0.1', 4000, '192.0.2.1', 53),
    reply: tuple(UDP, '192.0.2.1', 53, '10.0.0.1', 4001),
    source: true,
    destination: false,
  },
  {
    what: 'both',
    original: tuple(TCP, 'fd00::1', 4000, 'fd00:96::1', 80),
    reply: tuple(TCP, 'fd00::1', 8080, 'fd00::ff', 61_000),
    source: true,
    destination: true,
  },
  {
    what: 'nothing of an ICMP echo, whose answer has another type',
    original: tuple(ICMP, '10.0.0.1', 8, '10.0.0.2', 0),
    reply: tuple(ICMP, '10.0.0.2', 0, '10.0.0.1', 0),
    source: false,
    destination: false,
  },
  {
    what: 'the destination of an ICMPv6 echo',
    original: tuple(ICMPV6, 'fd00::1', 128, 'fd00:96::1', 0),
    reply: tuple(ICMPV6, 'fd00::2', 129, 'fd00::1', 0),
    source: false,
    destination: true,
  },
  {
    what: 'the destination of a protocol without ports',
    original: { protocol: 47, source: '10.0.0.1', destination: '10.96.0.1' },
    reply: { protocol: 47, source: '10.0.0.2', destination: '10.0.0.1' },
    source: false,
    destination: true,
  },
];

describe('ConntrackEntry', () => {
  // One reader for all, so that nothing of one entry may stay in the next.
  const entry = new ConntrackEntry();
  const read = (bytes: Uint8Array): boolean => entry.read(bytes, 0, bytes.length);

  test.each(CASES)('sees that $what is rewritten', ({ original, reply, source, destination }) => {
    const bytes = Buffer.concat([new Uint8Array(20), entryAttributes(original, reply)]);
    expect(entry.read(bytes, 20, bytes.length)).toBe(true);
    expect([entry.isSourceRewritten, entry.isDestinationRewritten]).toEqual([source, destination]);
    for (const [read, fields] of [[entry.original, original] as const, [entry.reply, reply] as const]) {
      const text = (at: number) => formatIp(bytes.subarray(at, at + read.addressBytes));
      expect([text(read.sourceAt), text(read.destinationAt)]).toEqual([fields.source, fields.destination]);
      expect([read.protocol, read.sourcePort, read.destinationPort]).toEqual([
        fields.protocol,
        fields.sourcePort ?? 0,
        fields.destinationPort ?? 0,
      ]);
    }
  });

  const [{ original, reply }] = CASES;
  test.each([
    ['nothing', new Uint8Array(0)],
    ['one tuple', attribute(1, tupleAttributes(original))],
    [
      'families mixed',
      Buffer.concat([attribute(1, tupleAttributes(original)), attribute(2, tupleAttributes(CASES[2].reply))]),
    ],
    [
      'a tuple without a protocol',
      Buffer.concat([
        attribute(1, tupleAttributes(original).subarray(0, 20)),
        attribute(2, tupleAttributes(reply)),
      ]),
    ],
    ['an address of three bytes', attribute(1, attribute(1, attribute(1, Uint8Array.of(10, 0, 0))))],
    ['a length beyond the end', Uint8Array.of(255, 0, 1, 0)],
    ['a length below its header', Uint8Array.of(3, 0, 1, 0)],
  ])('does not read %s', (_what, bytes) => {
    expect(read(bytes)).toBe(false);
  });
});
