import type { KubernetesObject } from './kubernetes-object.ts';

/** A line of a watch, read. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: KubernetesObject }
  | { readonly type: 'ERROR'; readonly code: number; readonly message: string };

const OBJECT_TYPES = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'] as const;

/** The event of a line; undefined where it is none that we know. */
export function parseWatchEvent(line: string): WatchEvent | undefined {
  let event: { type?: unknown; object?: KubernetesObject & { code?: unknown; message?: unknown } };
  try {
    event = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { type, object } = event ?? {};
  if (typeof object !== 'object' || object === null) return undefined;
  if (type === 'ERROR') {
    return { type, code: Number(object.code ?? 0), message: String(object.message ?? '') };
  }
  const known = OBJECT_TYPES.find((candidate) => candidate === type);
  if (known === undefined || typeof object.metadata?.resourceVersion !== 'string') return undefined;
  if (known !== 'BOOKMARK' && typeof object.metadata.uid !== 'string') return undefined;
  return { type: known, object };
}
