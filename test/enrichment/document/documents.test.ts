import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DOCUMENT_CASES } from '../../fixtures/document-cases.ts';
import { testEnricher } from '../../support/test-enricher.ts';

const FOLDER = new URL('../../golden/documents/', import.meta.url);

it.each(DOCUMENT_CASES)('$name', async (written) => {
  const { name, event, sender, translations, options, before, isNameless } = written;
  const { enricher, names } = testEnricher(options, translations);
  if (isNameless) names.trouble = () => Promise.reject(new Error('down'));
  if (before !== undefined) await enricher.enrich([before.event()], before.sender);
  const [{ stream, id, body }] = await enricher.enrich([event()], sender);
  const text = `${JSON.stringify({ stream, id, body: JSON.parse(body) }, undefined, 2)}\n`;
  const file = new URL(`${name}.json`, FOLDER);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  expect(body).not.toContain('\n');
  expect(text).toBe(readFileSync(file, 'utf8'));
});

it('the folder has nothing else', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(DOCUMENT_CASES.map(({ name }) => `${name}.json`).sort());
});
