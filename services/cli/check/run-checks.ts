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
  let namespaces: ClusterNamespaces;
  try {
    namespaces = await ClusterNamespaces.read(api, namespace, signal);
  } catch (error) {
    const tried = namespace === undefined ? [] : [{ name: namespace }];
    return [...(await tryInjection(options, tried)), notAllowed('namespaces', error)];
  }
  const results = [...(await tryInjection(options, capturedNamespaces(namespaces.all, policy)))];
  if (wanted.has('namespaces')) results.push(...checkNamespaces(namespaces.all, policy));
  if (!wanted.has('pods') && !wanted.has('probes')) return results;
  try {
    results.push(...(await checkPods({ api, namespaces, namespace, policy, signal }, wanted)));
  } catch (error) {
    results.push(notAllowed('pods', error));
  }
  return results;
}

async function tryInjection(
  { api, wanted, signal }: ChecksOptions,
  namespaces: readonly { readonly name: string }[],
): Promise<readonly CheckResult[]> {
  if (!wanted.has('injection')) return [];
  if (namespaces.length === 0) {
    return [reporter('injection').warn('Nothing to try: no namespace asks for probes')];
  }
  const results: CheckResult[] = [];
  for (const { name } of namespaces.slice(0, MAX_TRIED))
    results.push(await checkInjection(api, name, signal));
  return results;
}

/** What this account may not see says nothing of the cluster; other errors end all checks. */
function notAllowed(check: CheckName, error: unknown): CheckResult {
  if (!(error instanceof FlowtapError) || error.code !== 'KUBERNETES_REFUSED') throw error;
  return reporter(check).warn(`Could not look at ${check}: ${error.message}`);
}
