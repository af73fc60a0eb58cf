import type { ApiAnswer } from '../../runtime/kubernetes/api-client.ts';
import type { CheckResult, Reporter } from './check-result.ts';

/** What to say where the API server does not give what was asked for; a lack of rights says nothing of the cluster. */
export function refusal(
  { status, body }: ApiAnswer,
  report: Reporter,
  what: string,
  rights: string,
): CheckResult {
  if (status === 401 || status === 403) {
    return report.warn(`Could not look at ${what}: this account may not.`, `give it the right to ${rights}`);
  }
  return report.fail(`The API server answered ${status} when asked for ${what}: ${body?.message ?? ''}`);
}
