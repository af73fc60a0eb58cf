import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { KubernetesObject } from '../../runtime/kubernetes/kubernetes-object.ts';
import { refused } from '../../runtime/kubernetes/list-objects.ts';
import type { ResourceKind } from '../../runtime/kubernetes/resource-kind.ts';
import { expectOwned, OWNER_LABEL } from './owned-object.ts';

/** A Secret's contents, decoded. */
export type SecretData = Readonly<Record<string, string>>;

export type SecretType = 'Opaque' | 'kubernetes.io/tls';

const NOT_FOUND = 404;
const CONFLICT = 409;

/** The Secrets of a namespace. */
export function secretsOf(namespace: string): ResourceKind {
  return { kind: 'Secret', apiVersion: 'v1', path: `/api/v1/namespaces/${namespace}/secrets` };
}

/** What a Secret says under a name, decoded; empty where it says nothing. */
export function secretText(secret: KubernetesObject | undefined, name: string): string {
  const value = (secret?.data as Readonly<Record<string, unknown>> | undefined)?.[name];
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
}

/** Reads and writes Secrets of one namespace. What one holds is in no error and no log. */
export class SecretStore {
  readonly #api: KubernetesApi;
  readonly #resource: ResourceKind;

  constructor(api: KubernetesApi, namespace: string) {
    this.#api = api;
    this.#resource = secretsOf(namespace);
  }

  /** Throws a FlowtapError KUBERNETES_REFUSED, as `write` does. */
  async read(name: string, signal: AbortSignal): Promise<KubernetesObject | undefined> {
    const { status, body } = await this.#api.request({ path: `${this.#resource.path}/${name}`, signal });
    if (status === NOT_FOUND) return undefined;
    if (status !== 200) throw refused('get', this.#resource, status, body?.message);
    return body;
  }

  /**
   * Replaces what a Secret holds, or makes it. False where somebody else has written it since `former` was read. Throws
   * a FlowtapError OBJECT_NOT_OWNED where it is not ours.
   */
  async write(
    name: string,
    content: { readonly type: SecretType; readonly data: SecretData },
    former: KubernetesObject | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (former !== undefined) expectOwned('Secret', former);
    const { path } = this.#resource;
    const entries = Object.entries(content.data).map(([key, text]) => [
      key,
      Buffer.from(text).toString('base64'),
    ]);
    const data = Object.fromEntries(entries);
    const metadata = { name, labels: { [OWNER_LABEL.name]: OWNER_LABEL.value } };
    const { status, body } =
      former === undefined
        ? await this.#api.request({
            ...{ method: 'POST', path, signal },
            body: { apiVersion: 'v1', kind: 'Secret', metadata, type: content.type, data },
          })
        : // With its version in it, which has the server refuse when it has another; the type cannot change.
          await this.#api.request({
            ...{ method: 'PUT', path: `${path}/${name}`, signal },
            body: { ...former, data },
          });
    if (status === CONFLICT || (status === NOT_FOUND && former !== undefined)) return false;
    if (status !== 200 && status !== 201)
      throw refused(former === undefined ? 'create' : 'update', this.#resource, status, body?.message);
    return true;
  }
}
