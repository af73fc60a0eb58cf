import type { ApiRequest, KubernetesApi } from './api-client.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { GONE, refused } from './list-objects.ts';
import type { ResourceKind } from './resource-kind.ts';

const LIST_TIMEOUT_MS = 60_000;

/**
 * The objects of a kind, page by page, of which no more than one is held. A list that takes so long that the server has
 * forgotten its state goes on with the present one, so an object may be missed or come twice. Throws a FlowtapError
 * KUBERNETES_REFUSED where the server does not give it.
 */
export async function* listPages(
  api: Pick<KubernetesApi, 'request'>,
  resource: ResourceKind,
  options: {
    readonly pageSize: number;
    readonly signal: AbortSignal;
    /** Which of them: `fieldSelector`, `labelSelector`. */
    readonly query?: ApiRequest['query'];
  },
): AsyncGenerator<readonly KubernetesObject[]> {
  const { pageSize: limit, signal, query } = options;
  let continuation: string | undefined;
  do {
    const { status, body } = await api.request({
      path: resource.path,
      query: { ...query, limit, continue: continuation },
      signal,
      timeoutMs: LIST_TIMEOUT_MS,
    });
    const next: unknown = body?.metadata?.continue;
    // With 410 the server says how to go on without what it has forgotten.
    const isContinued = status === GONE && typeof next === 'string' && next !== '' && next !== continuation;
    if (!isContinued) {
      if (status !== 200 || !Array.isArray(body?.items))
        throw refused('list', resource, status, body?.message);
      yield body.items as readonly KubernetesObject[];
    }
    continuation = typeof next === 'string' && next !== '' ? next : undefined;
  } while (continuation !== undefined);
}
