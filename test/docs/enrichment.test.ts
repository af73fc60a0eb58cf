import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ENRICHMENT_SETTINGS } from '../../services/cli/commands/enrichment.ts';
import { parseBatch } from '../../services/enrichment/receive/parse-batch.ts';
import { REFUSALS } from '../../services/enrichment/receive/refusal.ts';
import { longFlag } from '../../services/runtime/config.ts';
import { replaceSection } from '../support/generated-section.ts';

const DOCUMENT = '../../docs/enrichment.md';
const page = readFileSync(new URL(DOCUMENT, import.meta.url), 'utf8');

test('docs/enrichment.md lists exactly the reasons for which requests are refused (npm test -- -u writes it)', async () => {
  const rows = Object.entries(REFUSALS)
    .sort(([, a], [, b]) => a.status - b.status)
    .map(([reason, { status, meaning }]) => `| ${status} | \`${reason}\` | ${meaning} |`);
  const table = ['| Status | Reason | Meaning |', '| --- | --- | --- |', ...rows].join('\n');
  await expect(replaceSection(page, 'refusals', table)).toMatchFileSnapshot(DOCUMENT);
});

test('its example of an event is taken', () => {
  const [, example] = /```json\n(\{"@timestamp".*)\n```/.exec(page) ?? [];
  expect(parseBatch(Buffer.from(example), { maxLines: 1, maxLineBytes: 1000 })).toMatchObject({
    bad: [],
    lines: [1],
  });
});

test('its flags are flags', () => {
  const flags = new Set(Object.values(ENRICHMENT_SETTINGS).map(longFlag));
  const named = [...page.matchAll(/`(--[\w-]+)`/g)].map(([, name]) => name);
  expect(named.filter((name) => !flags.has(name))).toEqual([]);
});
