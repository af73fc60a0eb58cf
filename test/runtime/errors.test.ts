import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERROR_CODES, FlowtapError } from '../../services/runtime/errors.ts';
import { replaceSection } from '../support/generated-section.ts';

test('an error carries code, stage, sentence and cause', () => {
  const cause = new Error('why');
  const error = new FlowtapError('CONFIG_INVALID', 'config', 'Say what to do.', { cause });
  expect(error).toBeInstanceOf(Error);
  expect({ ...error, name: error.name, message: error.message, cause: error.cause }).toEqual({
    name: 'FlowtapError',
    code: 'CONFIG_INVALID',
    stage: 'config',
    message: 'Say what to do.',
    cause,
  });
});

test.each(Object.entries(ERROR_CODES))('%s is a code and "%s" a sentence', (code, meaning) => {
  expect(code).toMatch(/^[A-Z]+(_[A-Z]+)+$/);
  expect(meaning).toMatch(/^(?:[A-Z]|libpcap).*\.$/);
});

test('docs/errors.md lists exactly these codes (npm test -- -u writes it)', async () => {
  const document = '../../docs/errors.md';
  const rows = Object.entries(ERROR_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  const table = ['| Code | Meaning |', '| --- | --- |', ...rows].join('\n');
  const written = readFileSync(new URL(document, import.meta.url), 'utf8');
  await expect(replaceSection(written, 'codes', table)).toMatchFileSnapshot(document);
});
