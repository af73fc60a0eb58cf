import { expect, it } from 'vitest';
import type { CheckResult } from '../../../services/cli/check/check-result.ts';
import { hasFailed } from '../../../services/cli/commands/check.ts';

it.each<[readonly CheckResult['outcome'][], boolean]>([
  [['ok'], false],
  [['ok', 'warn'], false],
  [['ok', 'fail'], true],
  [['warn'], true],
  [[], true],
])('%j has failed: %s', (outcomes, expected) => {
  const results = outcomes.map((outcome) => ({ check: 'injection' as const, outcome, message: '' }));
  expect(hasFailed(results)).toBe(expected);
});
