import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { CheckResult } from './check-result.ts';
import { reporter } from './check-result.ts';
import { refusal } from './cluster-answer.ts';
import type { ConfiguredWebhook, WebhookConfiguration } from './webhook-configuration.ts';

const report = reporter('webhook');

/** Whether the API server calls the webhook, trusts it and has somebody to call. */
export async function checkWebhook(
  api: Pick<KubernetesApi, 'request'>,
  name: string,
  { answer, webhooks }: WebhookConfiguration,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const what = `MutatingWebhookConfiguration ${name}`;
  if (answer.status === 404) {
    return [report.fail(`There is no ${what}`, 'install flowtap, or name it with --webhook-configuration')];
  }
  if (answer.status !== 200) {
    return [refusal(answer, report, `the ${what}`, 'get mutatingwebhookconfigurations')];
  }
  if (webhooks.length === 0) {
    return [report.fail(`${name} has no webhook of flowtap`, 'name its webhooks with --webhook-names')];
  }
  const results = [report.ok(`${name} has ${webhooks.map((webhook) => webhook.name).join(', ')}`)];
  for (const webhook of webhooks) {
    results.push(checkFailurePolicy(webhook), checkAuthority(webhook));
    results.push(await checkEndpoints(api, webhook, signal));
  }
  return results;
}

function checkFailurePolicy({ name, failurePolicy }: ConfiguredWebhook): CheckResult {
  if (failurePolicy === 'Ignore') return report.ok(`${name}: pods are created also while it does not answer`);
  return report.warn(
    `${name}: failurePolicy is ${failurePolicy}, so no pod is created while it does not answer`,
    'set failurePolicy to Ignore unless every pod must have a probe',
  );
}

function checkAuthority({ name, clientConfig }: ConfiguredWebhook): CheckResult {
  const { caBundle } = clientConfig ?? {};
  if (caBundle === undefined || caBundle === '') {
    return report.fail(
      `${name}: caBundle is empty, so the API server does not trust it`,
      'see why the webhook has not written it: kubectl logs of its leading pod, or cert-manager',
    );
  }
  return report.ok(`${name}: caBundle is set`);
}

async function checkEndpoints(
  api: Pick<KubernetesApi, 'request'>,
  { name, clientConfig }: ConfiguredWebhook,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { service, url } = clientConfig ?? {};
  if (service === undefined) return report.ok(`${name}: is called at ${url}`);
  const where = `the Service ${service.name} in ${service.namespace}`;
  const answer = await api.request({
    path: `/apis/discovery.k8s.io/v1/namespaces/${service.namespace}/endpointslices`,
    query: { labelSelector: `kubernetes.io/service-name=${service.name}` },
    signal,
  });
  if (answer.status !== 200) return refusal(answer, report, where, 'list endpointslices');
  const ready = readyAddresses(answer.body?.items ?? []);
  if (ready === 0) {
    const advice = `kubectl -n ${service.namespace} get pods, and the events of those that are not ready`;
    return report.fail(`${name}: ${where} has nobody who is ready`, advice);
  }
  return report.ok(`${name}: ${ready} ready behind ${where}`);
}

function readyAddresses(slices: readonly { readonly endpoints?: readonly unknown[] | null }[]): number {
  const endpoints = slices.flatMap(({ endpoints: some }) => some ?? []) as readonly {
    readonly addresses?: readonly string[];
    readonly conditions?: { readonly ready?: boolean };
  }[];
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false);
  return new Set(ready.flatMap(({ addresses }) => addresses ?? [])).size;
}
