import { FlowtapError } from '../../runtime/errors.ts';
import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { CapturePolicy } from '../../webhook/policy/capture-policy.ts';
import { checkApi } from './check-api.ts';
import { checkInjection } from './check-injection.ts';
import { capturedNamespaces, checkNamespaces } from './check-namespaces.ts';
import { checkPods } from './check-pods.ts';
import type { CheckName, CheckResult } from './check-result.ts';
import { reporter } from './check-result.ts';
import { checkWebhook } from './check-webhook.ts';
import { ClusterNamespaces } from './cluster-namespaces.ts';
import { namespacesOf, readWebhookConfiguration, triggerOf } from './webhook-configuration.ts';

export interface ChecksOptions {
  readonly api: Pick<KubernetesApi, 'request'>;
  /** For people. */
  readonly server: string;
  readonly signal: AbortSignal;
  readonly wanted: ReadonlySet<CheckName>;
  /** Look at this namespace only. */
  readonly namespace: string | undefined;
  readonly webhookConfiguration: string;
  readonly webhookNames: readonly string[];
  /** What the webhook was told; the rest of its policy the cluster tells. */
  readonly policy: Omit<CapturePolicy, 'trigger' | 'sidecar'>;
}

/** Namespaces in which injection is tried. */
const MAX_TRIED = 5;

/** All checks that are wanted. What cannot be looked at is a result, too; where nothing answers, the only one. */
export async function runChecks(options: ChecksOptions): Promise<readonly CheckResult[]> {
  const { api, server, signal, wanted } = options;
  const results: CheckResult[] = [];
  try {
    const { results: ofApi, sidecar } = await checkApi(api, server, signal);
    if (wanted.has('api')) results.push(...ofApi);
    const { webhookConfiguration: name, webhookNames: names } = options;
    const configuration = await readWebhookConfiguration(api, name, names, signal);
    if (wanted.has('webhook')) results.push(...(await checkWebhook(api, name, configuration, signal)));
    const { webhooks } = configuration;
    const excludedNamespaces = new Set([...options.policy.excludedNamespaces, ...namespacesOf(webhooks)]);
    const policy = { ...options.policy, sidecar, trigger: triggerOf(webhooks), excludedNamespaces };
    results.push(...(await checkWorkloads(options, policy)));
  } catch (error) {
    if (!(error instanceof FlowtapError) || signal.aborted) throw error;
    results.push(reporter('api').fail(`${error.code}: ${error.message}`));
  }
  return results;
}

async function checkWorkloads(
  options: ChecksOptions,
  policy: CapturePolicy,
): Promise<readonly CheckResult[]> {
  const { api, namespace, wanted, signal } = options;
  if (!['injection', 'namespaces', 'pods', 'probes'].some((name) => wanted.has(name as CheckName))) return [];
  // A named namespace can be tried without the right to look at it.
  if (namespace !== undefined && wanted.size === 1 && wanted.has('injection')) {
    return [await checkInjection(api, namespace, signal)];
  }
  const namespaces = await ClusterNamespaces.read(api, namespace, signal);
  const captured = capturedNamespaces(namespaces.all, policy);
  const results: CheckResult[] = [];
  if (wanted.has('injection')) {
    for (const { name } of captured.slice(0, MAX_TRIED))
      results.push(await checkInjection(api, name, signal));
    if (captured.length === 0) {
      results.push(reporter('injection').warn('Nothing to try: no namespace asks for probes'));
    }
  }
  if (wanted.has('namespaces')) {
    results.push(...checkNamespaces(namespaces.all, policy));
  }
  if (wanted.has('pods') || wanted.has('probes')) {
    results.push(...(await checkPods({ api, namespaces, namespace, policy, signal }, wanted)));
  }
  return results;
}
