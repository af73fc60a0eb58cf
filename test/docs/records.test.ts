import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SequenceState } from '../../services/core/flow-record.ts';
import { tcpSides } from '../fixtures/tcp-conversation.ts';
import { documentedRows } from '../support/documented-table.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const page = read('../../docs/records.md');
/** One record of every kind; test/core/ecs-event.test.ts compares them with what is written. */
const records = read('../golden/ecs-events.ndjson')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

/** The values that are no objects, by their paths. Both ends of TCP have the same fields. */
function fieldsOf(value: unknown, path = ''): [path: string, value: unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [[path.replace('flowtap.tcp.destination.', 'flowtap.tcp.source.'), value]];
  }
  return Object.entries(value).flatMap(([name, inner]) =>
    fieldsOf(inner, path === '' ? name : `${path}.${name}`),
  );
}

/** What a documented type is in JSON. */
const JSON_TYPES: Readonly<Record<string, string>> = {
  date: 'string',
  keyword: 'string',
  ip: 'string',
  long: 'number',
  boolean: 'boolean',
};

function isOfType(value: unknown, documented: string): boolean {
  const [, name, list] = /^(\w+)(\[\])?/.exec(documented) ?? [];
  const values = Array.isArray(value) ? value : [value];
  return (
    Array.isArray(value) === (list !== undefined) && values.every((item) => typeof item === JSON_TYPES[name])
  );
}

describe('the fields in docs/records.md', () => {
  const documented = new Map(documentedRows(page, 'fields').map(([path, type]) => [path, type]));
  const fields = records.flatMap((record) => fieldsOf(record));

  it('are those that records have, no more and no fewer', () => {
    expect([...documented.keys()].sort()).toEqual([...new Set(fields.map(([path]) => path))].sort());
  });

  it('have the types that they have in records', () => {
    const others = fields.filter(([path, value]) => !isOfType(value, documented.get(path) ?? ''));
    expect(others).toEqual([]);
  });

  it('are always there where it says so', () => {
    const always = documentedRows(page, 'fields').flatMap(([path, , present]) =>
      present === 'always' ? path : [],
    );
    for (const record of records) {
      expect(fieldsOf(record).map(([path]) => path)).toEqual(expect.arrayContaining(always));
    }
  });
});

describe('the example of loss in docs/records.md', () => {
  const [atSender, atReceiver] = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, json]) =>
    JSON.parse(json),
  );

  it.each<[string, string, Record<string, number>]>([
    ['sender', '1 > . seq 1000 len 1000, 2 > . seq 2000 len 1000, 3 > . seq 3000 len 1000', atSender],
    ['receiver', '1 > . seq 1000 len 1000, 3 > . seq 3000 len 1000', atReceiver],
  ])('is what the probe at the %s says', (_name, first, expected) => {
    const [{ sequence }] = tcpSides(
      `0 > S seq 999, ${first}, 300 > . seq 2000 len 1000, 600 > . seq 3000 len 1000`,
    );
    expect(written(sequence!)).toEqual(expected);
  });

  it('comes to 1000 bytes', () => {
    expect(atSender.repeated_bytes - atReceiver.repeated_bytes + (atReceiver.missing_bytes ?? 0)).toBe(1000);
  });
});

/** As an event has it: what is zero is left out. */
function written({ initial, highest, payloadBytes, ...counts }: SequenceState): Record<string, number> {
  const named = {
    repeated_bytes: counts.repeatedBytes,
    missing_bytes: counts.missingBytes,
    skipped_bytes: counts.skippedBytes,
    reordered_gaps: counts.reorderedGaps,
  };
  const above0 = Object.fromEntries(Object.entries(named).filter(([, count]) => count > 0));
  return { initial, highest, payload_bytes: payloadBytes, ...above0 };
}
