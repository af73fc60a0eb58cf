import { FlowtapError } from '../errors.ts';
import type { KubernetesApi } from './api-client.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { ResourceKind } from './resource-kind.ts';

export interface ObjectList {
  readonly objects: readonly KubernetesObject[];
  readonly resourceVersion: string;
}

/** 410 Gone: what was asked for is too old. */
export const GONE = 410;

const LIST_TIMEOUT_MS = 60_000;

/**
 * All objects of a kind, in pages. A page that comes too late for its list (410) has the whole list asked for at once.
 * Throws a FlowtapError KUBERNETES_REFUSED where the server does not give it.
 */
export async function listObjects(
  api: KubernetesApi,
  resource: ResourceKind,
  options: {
    readonly pageSize: number;
    readonly signal: AbortSignal;
    /** Cuts each object down as it arrives, so that a page is all that is ever held whole. */
    readonly trim: (object: KubernetesObject) => KubernetesObject;
  },
): Promise<ObjectList> {
  const { signal, trim } = options;
  let objects: KubernetesObject[] = [];
  let limit: number | undefined = options.pageSize;
  let continuation: string | undefined;
  for (;;) {
    const query: Readonly<Record<string, string | number | undefined>> = {
      limit,
      continue: continuation,
      fieldSelector: resource.fieldSelector,
    };
    const { status, body } = await api.request({
      path: resource.path,
      query,
      signal,
      timeoutMs: LIST_TIMEOUT_MS,
    });
    if (status === GONE && continuation !== undefined) {
      objects = [];
      limit = undefined;
      continuation = undefined;
      continue;
    }
    if (status !== 200 || !Array.isArray(body?.items)) throw refused('list', resource, status, body?.message);
    for (const item of body.items) objects.push(trim(item));
    continuation = body.metadata?.continue || undefined;
    if (continuation === undefined)
      return { objects, resourceVersion: String(body.metadata?.resourceVersion ?? '') };
  }
}

/** What to tell when the server answers, but not with what was asked for. */
export function refused(
  verb: string,
  resource: ResourceKind,
  status: number,
  message: unknown,
): FlowtapError {
  const said = typeof message === 'string' && message !== '' ? `: ${message}` : '';
  const advice =
    status === 401 || status === 403
      ? ` Give the service account the verb ${verb} on ${resource.path.split('/').at(-1)}.`
      : '';
  return new FlowtapError(
    'KUBERNETES_REFUSED',
    'kubernetes',
    `The API server answered ${status} when asked to ${verb} ${resource.kind} objects${said}.${advice}`,
  );
}
