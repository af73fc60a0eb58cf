import { describe, expect, test } from 'vitest';
import { communityId } from '../../../services/core/community-id.ts';
import { parseIp } from '../../../services/core/ip-address.ts';
import { ICMP, SCTP, TCP } from '../../../services/core/protocol.ts';
import { ConntrackEntry } from '../../../services/resolver/conntrack/conntrack-entry.ts';
import type { KeyedTranslation } from '../../../services/resolver/translate/translations-of.ts';
import { translationsOf } from '../../../services/resolver/translate/translations-of.ts';
import type { TupleFields } from '../../fixtures/conntrack-messages.ts';
import { entryAttributes } from '../../fixtures/conntrack-messages.ts';

const SERVICE = { namespace: 'shop', name: 'web', port: 80 };
const services = {
  find: (protocol: number, ip: string, port: number) =>
    protocol === TCP && ip === '10.96.0.1' && port === 80 ? SERVICE : undefined,
};

function translate(
  original: TupleFields,
  reply: TupleFields,
  options: { seed?: number; servicesOnly?: boolean } = {},
) {
  const entry = new ConntrackEntry();
  const bytes = entryAttributes(original, reply);
  expect(entry.read(bytes, 0, bytes.length)).toBe(true);
  return translationsOf(entry, { seed: 0, nowMs: 9, services, servicesOnly: false, ...options });
}

function id({ protocol, source, destination, sourcePort, destinationPort }: TupleFields, seed = 0): string {
  const ports =
    sourcePort === undefined || destinationPort === undefined ? {} : { sourcePort, destinationPort };
  return communityId(
    { protocol, sourceAddress: parseIp(source)!, destinationAddress: parseIp(destination)!, ...ports },
    seed,
  );
}

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
const ends = (found: readonly KeyedTranslation[]) =>
  found.map(({ translation: { observed, source, destination } }) =>
    [observed.source, observed.destination, source, destination]
      .map(({ ip, port }) => `${ip} ${port}`)
      .join(' > '),
  );

describe('translationsOf', () => {
  const called = tuple(TCP, '10.0.0.1', 4000, '10.96.0.1', 80);
  const answered = tuple(TCP, '10.0.0.2', 8080, '10.0.0.1', 4000);
  const real = tuple(TCP, '10.0.0.1', 4000, '10.0.0.2', 8080);

  test('a service: what the client sees is what really is, and how the service is called', () => {
    expect(translate(called, answered)).toEqual([
      {
        id: id(called),
        translation: {
          communityId: id(real),
          observed: { source: { ip: '10.0.0.1', port: 4000 }, destination: { ip: '10.96.0.1', port: 80 } },
          source: { ip: '10.0.0.1', port: 4000 },
          destination: { ip: '10.0.0.2', port: 8080 },
          service: SERVICE,
          evidence: 'conntrack',
          atMs: 9,
        },
      },
    ]);
  });

  test('a service with the source rewritten too: one for each side', () => {
    const found = translate(called, tuple(TCP, '10.0.0.2', 8080, '10.1.0.1', 61_000));
    expect(found.map((each) => each.id)).toEqual([
      id(called),
      id(tuple(TCP, '10.1.0.1', 61_000, '10.0.0.2', 8080)),
    ]);
    expect(ends(found)).toEqual([
      '10.0.0.1 4000 > 10.96.0.1 80 > 10.0.0.1 4000 > 10.0.0.2 8080',
      '10.1.0.1 61000 > 10.0.0.2 8080 > 10.0.0.1 4000 > 10.0.0.2 8080',
    ]);
    expect(found.map(({ translation }) => [translation.communityId, translation.service])).toEqual([
      [id(real), SERVICE],
      [id(real), SERVICE],
    ]);
  });

  test('a pod that reaches itself', () => {
    const found = translate(called, tuple(TCP, '10.0.0.1', 8080, '10.1.0.1', 61_000));
    expect(ends(found)).toEqual([
      '10.0.0.1 4000 > 10.96.0.1 80 > 10.0.0.1 4000 > 10.0.0.1 8080',
      '10.1.0.1 61000 > 10.0.0.1 8080 > 10.0.0.1 4000 > 10.0.0.1 8080',
    ]);
  });

  test('the source only: the far side alone needs it, and no service is called', () => {
    const out = tuple(TCP, '10.0.0.1', 4000, '10.96.0.1', 80);
    const found = translate(out, tuple(TCP, '10.96.0.1', 80, '10.1.0.1', 4000));
    expect(ends(found)).toEqual(['10.1.0.1 4000 > 10.96.0.1 80 > 10.0.0.1 4000 > 10.96.0.1 80']);
    expect(found[0].translation).toMatchObject({ communityId: id(out), service: undefined });
  });

  test('nothing rewritten: nothing', () => {
    expect(translate(called, tuple(TCP, '10.96.0.1', 80, '10.0.0.1', 4000))).toEqual([]);
  });

  test('what is of no service is left out when only services are wanted', () => {
    const other = tuple(TCP, '10.0.0.1', 4000, '10.96.0.2', 80);
    expect(translate(other, answered)).toHaveLength(1);
    expect(translate(other, answered, { servicesOnly: true })).toEqual([]);
    expect(translate(called, answered, { servicesOnly: true })).toHaveLength(1);
  });

  test('ids are hashed with the seed', () => {
    expect(translate(called, answered, { seed: 5 })[0]).toMatchObject({
      id: id(called, 5),
      translation: { communityId: id(real, 5) },
    });
  });

  test('ICMP is hashed with its type, and has no ports', () => {
    const found = translate(
      tuple(ICMP, '10.0.0.1', 8, '10.96.0.1', 0),
      tuple(ICMP, '10.0.0.2', 0, '10.0.0.1', 0),
    );
    expect(found[0].id).toBe(id(tuple(ICMP, '10.0.0.1', 8, '10.96.0.1', 0)));
    expect(ends(found)).toEqual(['10.0.0.1 0 > 10.96.0.1 0 > 10.0.0.1 0 > 10.0.0.2 0']);
  });

  test.each([
    ['SCTP', tuple(SCTP, 'fd00::1', 4000, 'fd00::9', 80), tuple(SCTP, 'fd00::2', 80, 'fd00::1', 4000)],
    // Call ids of GRE stand where ports do; records have none.
    ['GRE', tuple(47, '10.0.0.1', 7, '10.0.0.9', 7), tuple(47, '10.0.0.2', 7, '10.0.0.1', 7)],
  ])('%s', (name, original, reply) => {
    const { protocol, source, destination } = original;
    expect(translate(original, reply)[0].id).toBe(
      id(name === 'GRE' ? { protocol, source, destination } : original),
    );
  });
});
