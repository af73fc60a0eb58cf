import { expect, test } from 'vitest';
import { parseRetryAfter } from '../../../services/probe/transport/retry-after.ts';

const NOW_MS = Date.UTC(2026, 0, 2, 12, 0, 0);

test.each([
  [undefined, undefined],
  ['', undefined],
  ['0', 0],
  ['5', 5000],
  [' 5 ', 5000],
  ['120', 120_000],
  ['99999999', 99_999_999_000],
  ['1.5', undefined],
  ['-5', undefined],
  ['5s', undefined],
  ['soon', undefined],
  ['2026', 2_026_000],
  ['2026-01-02', undefined],
  ['Fri, 02 Jan 2026 12:00:30 GMT', 30_000],
  ['Fri, 02 Jan 2026 11:59:00 GMT', 0],
  ['Friday, 02-Jan-26 12:01:00 GMT', 60_000],
  ['Fri Jan  2 12:00:07 2026 GMT', 7000],
  ['Fri, 99 Jan 2026 12:00:30 GMT', undefined],
])('%j asks for %s ms', (text, waitMs) => {
  expect(parseRetryAfter(text, NOW_MS)).toBe(waitMs);
});
