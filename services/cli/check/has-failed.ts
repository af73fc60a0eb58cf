import type { CheckResult } from './check-result.ts';

/** Where nothing could be looked at, nothing was found to be well. */
export function hasFailed(results: readonly CheckResult[]): boolean {
  const outcomes = results.map(({ outcome }) => outcome);
  return outcomes.includes('fail') || !outcomes.includes('ok');
}
