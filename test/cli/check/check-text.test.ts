import { expect, test } from 'vitest';
import { reporter } from '../../../services/cli/check/check-result.ts';
import { checkJson, checkText } from '../../../services/cli/check/check-text.ts';

const RESULTS = [
  reporter('api').ok('it is there'),
  reporter('namespaces').warn('nobody asks', 'ask'),
  reporter('pods').fail('two\nlines'),
];

test('for people: a line each, and what to do below', () => {
  const paint = (style: string, text: string): string => `<${style}>${text}`;
  expect(checkText(RESULTS, { paint })).toBe(
    [
      '<green>ok    api         it is there',
      '<yellow>warn  namespaces  nobody asks',
      '                  → ask',
      '<red>fail  pods        two\\x0alines',
      '1 ok, 1 to look at, 1 failed.',
      '',
    ].join('\n'),
  );
});

test('for programs', () => {
  expect(JSON.parse(checkJson(RESULTS))).toEqual({ outcome: 'fail', results: RESULTS });
  expect(JSON.parse(checkJson(RESULTS.slice(0, 2)))).toMatchObject({ outcome: 'ok' });
});
