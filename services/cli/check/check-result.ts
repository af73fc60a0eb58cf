/** What is looked at, in this order, with what it is about. */
export const CHECKS = {
  api: 'the API server',
  webhook: 'the webhook configuration, and who answers',
  injection: 'whether a pod would get the probe, by a dry run',
  namespaces: 'namespaces that ask for probes',
  pods: 'pods that should have a probe',
  probes: 'probes that do not run as they should',
} as const;

export type CheckName = keyof typeof CHECKS;
export const CHECK_NAMES = Object.keys(CHECKS) as readonly CheckName[];

/** One line of the answer. */
export interface CheckResult {
  readonly check: CheckName;
  readonly outcome: 'ok' | 'warn' | 'fail';
  readonly message: string;
  /** What to do. */
  readonly advice?: string;
}

type Finding = Omit<CheckResult, 'check' | 'outcome'>;

/** Results of one check, by how they are. */
export interface Reporter {
  ok(message: string): CheckResult;
  warn(message: string, advice?: string): CheckResult;
  fail(message: string, advice?: string): CheckResult;
}

export function reporter(check: CheckName): Reporter {
  const result = (outcome: CheckResult['outcome'], { message, advice }: Finding): CheckResult => ({
    ...{ check, outcome, message },
    ...(advice !== undefined && { advice }),
  });
  return {
    ok: (message) => result('ok', { message }),
    warn: (message, advice) => result('warn', { message, ...(advice !== undefined && { advice }) }),
    fail: (message, advice) => result('fail', { message, ...(advice !== undefined && { advice }) }),
  };
}
