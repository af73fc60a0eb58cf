import type { ApiAnswer, KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import { FLOWTAP_KEY } from '../../webhook/flowtap-key.ts';
import type { CapturePolicy } from '../../webhook/policy/capture-policy.ts';

/** admissionregistration.k8s.io/v1, as far as it is looked at. */
export interface ConfiguredWebhook {
  readonly name: string;
  readonly failurePolicy?: string;
  readonly timeoutSeconds?: number;
  readonly namespaceSelector?: unknown;
  readonly clientConfig?: {
    readonly caBundle?: string;
    readonly url?: string;
    readonly service?: { readonly namespace: string; readonly name: string; readonly port?: number };
  };
}

export interface WebhookConfiguration {
  readonly answer: ApiAnswer;
  /** Those that are flowtap's. */
  readonly webhooks: readonly ConfiguredWebhook[];
}

/** How the API server calls flowtap. */
export async function readWebhookConfiguration(
  api: Pick<KubernetesApi, 'request'>,
  name: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<WebhookConfiguration> {
  const folder = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
  const answer = await api.request({ path: `${folder}/${encodeURIComponent(name)}`, signal });
  const all: readonly ConfiguredWebhook[] = answer.body?.webhooks ?? [];
  return { answer, webhooks: all.filter((webhook) => names.includes(webhook.name)) };
}

/** By label where the API server itself picks namespaces by it. */
export function triggerOf(webhooks: readonly ConfiguredWebhook[]): CapturePolicy['trigger'] {
  const isPicked = webhooks.some(({ namespaceSelector }) =>
    JSON.stringify(namespaceSelector ?? {}).includes(`"${FLOWTAP_KEY.capture}"`),
  );
  return isPicked ? 'label' : 'annotation';
}

/** The namespaces that flowtap itself is in. */
export function namespacesOf(webhooks: readonly ConfiguredWebhook[]): readonly string[] {
  return webhooks.flatMap(({ clientConfig }) => clientConfig?.service?.namespace ?? []);
}
