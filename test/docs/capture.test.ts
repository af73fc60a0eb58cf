import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { meterSummary } from '../../services/cli/summary.ts';
import { CAPTURE_DAMAGE_CODES } from '../../services/probe/capture/capture-damage.ts';
import { DECODE_CAUSES, UNDECODED_CAUSES } from '../../services/probe/decode/decode-counters.ts';
import * as linkTypes from '../../services/probe/decode/link-type.ts';
import { TUNNELS } from '../../services/probe/decode/tunnel.ts';
import { TestMeter } from '../fixtures/test-meter.ts';
import { documentedRows } from '../support/documented-table.ts';
import { replaceSection } from '../support/generated-section.ts';

const DOCUMENT = '../../docs/capture.md';
const page = readFileSync(new URL(DOCUMENT, import.meta.url), 'utf8');

test('docs/capture.md has exactly the causes that are counted, and which of them keep a frame out of flows', () => {
  const expected = DECODE_CAUSES.map((cause) => [
    cause,
    UNDECODED_CAUSES.includes(cause) ? 'in no flow' : 'in a flow',
  ]);
  expect(documentedRows(page, 'causes').map(([cause, frame]) => [cause, frame])).toEqual(expected);
});

test('docs/capture.md has exactly the lines of the summary', () => {
  const names = meterSummary(new TestMeter().meter.statistics()).map(([name]) => name.trim());
  expect(documentedRows(page, 'summary').map(([name]) => name)).toEqual(names);
});

test('docs/capture.md has exactly the link types', () => {
  const numbers = documentedRows(page, 'link-types').map(([, number]) => Number(number));
  expect(numbers).toEqual(Object.values(linkTypes).sort((a, b) => a - b));
});

test('docs/capture.md has exactly the tunnels', () => {
  expect(documentedRows(page, 'tunnels').map(([name]) => name)).toEqual(TUNNELS);
});

test('docs/capture.md lists exactly the codes of damage (npm test -- -u writes it)', async () => {
  const rows = Object.entries(CAPTURE_DAMAGE_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  const table = ['| Code | Meaning |', '| --- | --- |', ...rows].join('\n');
  await expect(replaceSection(page, 'damage', table)).toMatchFileSnapshot(DOCUMENT);
});
