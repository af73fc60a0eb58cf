import { Backoff } from '../../runtime/backoff.ts';
import type { ConfigOf } from '../../runtime/config.ts';
import { duration, list, oneOf } from '../../runtime/config-values.ts';
import { connectKubernetes } from '../../runtime/kubernetes/connect.ts';
import type { CheckResult } from '../check/check-result.ts';
import { CHECK_NAMES, CHECKS } from '../check/check-result.ts';
import { checkJson, checkText } from '../check/check-text.ts';
import { kubeconfigOfUser } from '../check/kubeconfig-of-user.ts';
import type { ChecksOptions } from '../check/run-checks.ts';
import { runChecks } from '../check/run-checks.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_FAILURE, EXIT_SUCCESS } from '../exit-codes.ts';
import { INJECTION_SETTINGS } from './injection-settings.ts';
import { KUBERNETES_SETTINGS } from './kubernetes-settings.ts';
import { WEBHOOK_SETTINGS } from './webhook-settings.ts';

const { allowPodOptIn, assumedPodSecurity, excludedNamespaces, probeCapabilityMode } = INJECTION_SETTINGS;
const { webhookConfiguration, webhookNames, namespace } = WEBHOOK_SETTINGS;

export const CHECK_SETTINGS = {
  only: {
    flag: '--only <checks>',
    env: 'FLOWTAP_ONLY',
    parse: list(oneOf(...CHECK_NAMES)),
    default: CHECK_NAMES.join(','),
    doc: Object.entries(CHECKS)
      .map(([name, what]) => `${name} (${what})`)
      .join(', '),
  },
  namespace: { ...namespace, doc: 'look at this namespace only (all that ask for probes)' },
  format: {
    flag: '--format <format>',
    env: 'FLOWTAP_FORMAT',
    parse: oneOf('table', 'json'),
    default: 'table',
    doc: 'table (for people) or json',
  },
  waitMs: {
    flag: '--wait <duration>',
    env: 'FLOWTAP_WAIT',
    parse: duration(),
    default: '0',
    doc: 'how long to look again while something fails',
  },
  webhookConfiguration: { ...webhookConfiguration, doc: "the webhook's MutatingWebhookConfiguration" },
  webhookNames,
  ...{ allowPodOptIn, assumedPodSecurity, excludedNamespaces, probeCapabilityMode },
  ...KUBERNETES_SETTINGS,
  kubeconfig: {
    ...KUBERNETES_SETTINGS.kubeconfig,
    doc: 'kubeconfig file that says how to reach the cluster (in a pod its service account, else what kubectl takes)',
  },
} as const;

export type CheckConfig = ConfigOf<typeof CHECK_SETTINGS>;

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 5000;

/** `flowtap check`: whether pods get their probes, and what to do where they do not. */
export async function runCheckCommand(config: CheckConfig, context: CommandContext): Promise<number> {
  const { api, server } = connectKubernetes({
    kubeconfig: config.kubeconfig ?? kubeconfigOfUser(context.program.environment),
    context: config.context,
    userAgent: `flowtap-check/${context.version}`,
  });
  try {
    const results = await withPatience(config.waitMs, context, {
      ...{ api, server, signal: context.signal },
      wanted: new Set(config.only),
      namespace: config.namespace,
      webhookConfiguration: config.webhookConfiguration,
      webhookNames: config.webhookNames,
      policy: {
        allowPodOptIn: config.allowPodOptIn,
        excludedNamespaces: new Set(config.excludedNamespaces),
        assumedPodSecurity: config.assumedPodSecurity,
        capabilityMode: config.probeCapabilityMode,
      },
    });
    const said = config.format === 'json' ? checkJson(results) : checkText(results, context.terminal);
    context.standardOutput.write(said);
    return hasFailed(results) ? EXIT_FAILURE : EXIT_SUCCESS;
  } finally {
    api.close();
  }
}

/** What a rollout has not finished yet may be right in a moment. */
async function withPatience(
  waitMs: number,
  { clock, signal }: CommandContext,
  options: ChecksOptions,
): Promise<readonly CheckResult[]> {
  const endMs = clock.now() + waitMs;
  const backoff = new Backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS);
  for (;;) {
    const results = await runChecks(options);
    if (!hasFailed(results) || clock.now() >= endMs || signal.aborted) return results;
    await clock.sleep(backoff.next(), signal);
  }
}

/** Where nothing could be looked at, nothing was found to be well. */
export function hasFailed(results: readonly CheckResult[]): boolean {
  const outcomes = results.map(({ outcome }) => outcome);
  return outcomes.includes('fail') || !outcomes.includes('ok');
}
