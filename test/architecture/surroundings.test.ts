import { describe, expect, test } from 'vitest';
import { serviceFiles, withoutComments } from './source-files.ts';

/** The page of the console runs in a browser. */
const CLOCKS = ['services/cli/', 'services/runtime/clock.ts', 'services/console/page/clock.ts'];

/** What ties code to its process, and where it may stand: everything else is given it. */
const RULES = [
  { what: 'process.env', pattern: /\bprocess\s*\.\s*env\b/, where: ['services/cli/'] },
  { what: 'process.exit', pattern: /\bprocess\s*\.\s*exit\b/, where: ['services/cli/'] },
  { what: 'Date.now', pattern: /\bDate\s*\.\s*now\b/, where: CLOCKS },
  {
    what: 'new Date()',
    pattern: /\bnew\s+Date\s*\(\s*\)/,
    where: CLOCKS,
  },
];

test.each(RULES)('$what stands in $where only', ({ pattern, where }) => {
  const elsewhere = serviceFiles()
    .filter(
      ({ path, text }) =>
        pattern.test(withoutComments(text)) && !where.some((start) => path.startsWith(start)),
    )
    .map(({ path }) => path);
  expect(elsewhere).toEqual([]);
});

describe('the patterns themselves', () => {
  test.each([
    ['process.env.HOME', 'process.env'],
    ['process\n.exit(1)', 'process.exit'],
    ['const { now } = Date; Date.now()', 'Date.now'],
    ['new Date( )', 'new Date()'],
  ])('%j is %s', (code, what) => {
    expect(RULES.filter(({ pattern }) => pattern.test(code)).map((rule) => rule.what)).toEqual([what]);
  });

  test('a date of a given time is no clock', () => {
    expect(RULES.filter(({ pattern }) => pattern.test('new Date(seconds * 1000)'))).toEqual([]);
  });
});
