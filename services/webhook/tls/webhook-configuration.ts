import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { KubernetesObject } from '../../runtime/kubernetes/kubernetes-object.ts';
import { refused } from '../../runtime/kubernetes/list-objects.ts';
import type { ResourceKind } from '../../runtime/kubernetes/resource-kind.ts';
import { isOwned, OWNER_LABEL } from './owned-object.ts';

export const MUTATING_WEBHOOK_CONFIGURATIONS: ResourceKind = {
  kind: 'MutatingWebhookConfiguration',
  apiVersion: 'admissionregistration.k8s.io/v1',
  path: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
};

/** Which webhooks get a caBundle. */
export interface WebhookNames {
  readonly configurationName: string;
  /** Names of its entries; others in it are left alone. */
  readonly webhookNames: readonly string[];
}

/** A webhook of ours in the configuration. */
export interface WebhookEntry {
  readonly index: number;
  readonly name: string;
  /** In PEM; empty where there is none. */
  readonly bundlePem: string;
}

/** What a configuration says of our webhooks. */
export interface ConfigurationView {
  /** None where the configuration is not there or not ours. */
  readonly entries: readonly WebhookEntry[];
  /** Nobody calls: there is no configuration. */
  readonly isAbsent: boolean;
  /** What keeps our webhooks from having a caBundle, for people. */
  readonly problem: string | undefined;
}

interface ConfigurationBody {
  readonly webhooks?: readonly {
    readonly name: string;
    readonly clientConfig?: { readonly caBundle?: string };
  }[];
}

const NOT_FOUND = 404;
const CONFLICT = 409;
const JSON_PATCH = 'application/json-patch+json';

/** Reads it. Throws a FlowtapError KUBERNETES_REFUSED. */
export async function readConfiguration(
  api: KubernetesApi,
  name: string,
  signal: AbortSignal,
): Promise<KubernetesObject | undefined> {
  const { status, body } = await api.request({ path: pathOf(name), signal });
  if (status === NOT_FOUND) return undefined;
  if (status !== 200) throw refused('get', MUTATING_WEBHOOK_CONFIGURATIONS, status, body?.message);
  return body;
}

export function viewConfiguration(
  configuration: KubernetesObject | undefined,
  { configurationName, webhookNames }: WebhookNames,
): ConfigurationView {
  const what = `the MutatingWebhookConfiguration ${configurationName}`;
  if (configuration === undefined) return { entries: [], isAbsent: true, problem: `${what} does not exist` };
  if (!isOwned(configuration)) {
    const label = `${OWNER_LABEL.name}: ${OWNER_LABEL.value}`;
    return { entries: [], isAbsent: false, problem: `${what} lacks the label ${label}` };
  }
  const entries = ((configuration as ConfigurationBody).webhooks ?? []).flatMap(
    ({ name, clientConfig }, index): readonly WebhookEntry[] => {
      const bundlePem = Buffer.from(clientConfig?.caBundle ?? '', 'base64').toString('utf8');
      return webhookNames.includes(name) ? [{ index, name, bundlePem }] : [];
    },
  );
  const missing = webhookNames.filter((name) => !entries.some((entry) => entry.name === name));
  const problem = missing.length === 0 ? undefined : `${what} has no webhook ${missing.join(', ')}`;
  return { entries, isAbsent: false, problem };
}

/**
 * Writes a caBundle into the entries that have another one. False where the configuration is no longer the one that
 * was read. Throws a FlowtapError KUBERNETES_REFUSED.
 */
export async function patchConfiguration(
  api: KubernetesApi,
  configuration: KubernetesObject,
  patch: { readonly entries: readonly WebhookEntry[]; readonly bundlePem: string },
  signal: AbortSignal,
): Promise<boolean> {
  const { name, resourceVersion } = configuration.metadata;
  const value = Buffer.from(patch.bundlePem).toString('base64');
  const { status, body } = await api.request({
    ...{ method: 'PATCH', path: pathOf(name), contentType: JSON_PATCH, signal },
    body: [
      // An index is an entry's only in this version; with it in the patch the server refuses any other one.
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      ...patch.entries.map(({ index }) => ({
        op: 'add',
        path: `/webhooks/${index}/clientConfig/caBundle`,
        value,
      })),
    ],
  });
  if (status === CONFLICT || status === NOT_FOUND) return false;
  if (status !== 200) throw refused('patch', MUTATING_WEBHOOK_CONFIGURATIONS, status, body?.message);
  return true;
}

function pathOf(name: string): string {
  return `${MUTATING_WEBHOOK_CONFIGURATIONS.path}/${name}`;
}
