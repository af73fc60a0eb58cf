import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PROBE_COUNTERS } from '../../services/probe/transport/probe-counters.ts';
import { replaceSection } from '../support/generated-section.ts';

const DOCUMENT = '../../docs/delivery.md';
const page = readFileSync(new URL(DOCUMENT, import.meta.url), 'utf8');

test('docs/delivery.md lists exactly the counters of a probe (npm test -- -u writes it)', async () => {
  const rows = PROBE_COUNTERS.map(({ name, doc }) => `| \`${name}\` | ${doc} |`);
  const table = ['| Counter | Meaning |', '| --- | --- |', ...rows].join('\n');
  await expect(replaceSection(page, 'probe-counters', table)).toMatchFileSnapshot(DOCUMENT);
});

test('a counter has one name, of the form that a receiver takes', () => {
  const names = PROBE_COUNTERS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[a-z]+\.[a-z][a-z0-9_]*$/.test(name))).toEqual([]);
});
