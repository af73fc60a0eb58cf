import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TCP } from '../../../services/core/protocol.ts';
import { ConntrackEntry } from '../../../services/resolver/conntrack/conntrack-entry.ts';
import type { ConntrackVisitor } from '../../../services/resolver/conntrack/netlink-message.ts';
import { dumpRequest, visitMessages } from '../../../services/resolver/conntrack/netlink-message.ts';
import { translationsOf } from '../../../services/resolver/translate/translations-of.ts';
import { entryMessage, netlinkMessage } from '../../fixtures/conntrack-messages.ts';

const original = {
  protocol: TCP,
  source: '10.0.0.1',
  sourcePort: 4000,
  destination: '10.96.0.1',
  destinationPort: 80,
};
const reply = {
  protocol: TCP,
  source: '10.0.0.2',
  sourcePort: 8080,
  destination: '10.0.0.1',
  destinationPort: 4000,
};
const created = entryMessage(original, reply);
const gone = entryMessage(original, reply, true);
const word = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);

/** What a visitor was told, in words; entries are read and translated as the resolver does. */
function visit(bytes: Uint8Array, length = bytes.length): string[] {
  const told: string[] = [];
  const entry = new ConntrackEntry();
  const context = { seed: 0, nowMs: 0, services: { find: () => undefined }, servicesOnly: false };
  const visitor: ConntrackVisitor = {
    entry: (message, start, end, isGone) => {
      const count = entry.read(message, start, end) ? translationsOf(entry, context).length : 'damaged';
      told.push(`${isGone ? 'gone' : 'created'} ${count}`);
    },
    done: (isWhole) => told.push(isWhole ? 'done' : 'interrupted'),
    failed: (errno) => told.push(`failed ${errno}`),
    malformed: () => told.push('malformed'),
  };
  visitMessages(bytes, length, visitor);
  return told;
}

describe('visitMessages', () => {
  test.each([
    ['an entry', [created], ['created 1']],
    ['an entry that is gone', [gone], ['gone 1']],
    ['several messages', [created, created, gone], ['created 1', 'created 1', 'gone 1']],
    ['the end of a dump', [created, netlinkMessage(3, 0, word(0))], ['created 1', 'done']],
    ['the end of a dump that was changed under way', [netlinkMessage(3, 0x10, word(0))], ['interrupted']],
    ['an error', [netlinkMessage(2, 0, word(-1))], ['failed 1']],
    ['an acknowledgement', [netlinkMessage(2, 0, word(0))], []],
    [
      'other messages',
      [netlinkMessage(1, 0, word(0)), netlinkMessage(0x201, 0, word(0)), created],
      ['created 1'],
    ],
    ['an entry without its family', [netlinkMessage(0x100, 0, new Uint8Array(0))], ['malformed']],
    ['an error without its number', [netlinkMessage(2, 0, new Uint8Array(0))], ['malformed']],
    ['nothing', [], []],
    ['half a header', [created.subarray(0, 10)], ['malformed']],
    ['half a message', [created.subarray(0, 40)], ['malformed']],
  ] as const)('tells of %s', (_what, messages, told) => {
    expect(visit(Buffer.concat(messages))).toEqual(told);
  });

  test('what is in the buffer behind the message is not looked at', () => {
    expect(visit(Buffer.concat([created, gone]), created.length)).toEqual(['created 1']);
  });

  test('bytes of any kind are read to their end, and not beyond', () => {
    const guarded = (bytes: Uint8Array): void => {
      let highest = -1;
      const watched = new Proxy(bytes, {
        get: (target, name) => {
          const index = typeof name === 'string' && /^\d+$/.test(name) ? Number(name) : -1;
          highest = Math.max(highest, index);
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      visit(watched, bytes.length);
      expect(highest).toBeLessThan(bytes.length);
    };
    const anyBytes = fc.uint8Array({ maxLength: 300 });
    const damaged = fc
      .tuple(
        fc.constantFrom(created, gone),
        fc.array(fc.tuple(fc.nat(created.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.nat(created.length),
      )
      .map(([message, changes, length]) => {
        const bytes = Uint8Array.from(message);
        for (const [at, value] of changes) bytes[at] = value;
        return bytes.subarray(0, length);
      });
    fc.assert(fc.property(fc.oneof(anyBytes, damaged), guarded), { numRuns: 3000 });
  });
});

test('a dump is asked for of both families', () => {
  const request = dumpRequest(7);
  expect(request).toHaveLength(20);
  expect([...request.subarray(16)]).toEqual([0, 0, 0, 0]);
  expect(new Uint16Array(request.buffer, 4, 2)).toEqual(Uint16Array.of(0x101, 0x301));
});
