import type { KubernetesObject } from './kubernetes-object.ts';
import type { ResourceKind } from './resource-kind.ts';

/** What happens to the objects of a kind, in the order in which it happened. */
export type ObjectEvent =
  /** A whole list: anything not in it is gone. Comes first, and again whenever events may have been missed. */
  | {
      readonly type: 'replace';
      readonly objects: readonly KubernetesObject[];
      readonly resourceVersion: string;
    }
  | { readonly type: 'upsert'; readonly object: KubernetesObject }
  /** The object as it last was. */
  | { readonly type: 'delete'; readonly object: KubernetesObject }
  /** Nothing happened up to this version. */
  | { readonly type: 'bookmark'; readonly resourceVersion: string };

/** Where objects come from: the API server (list-watch.ts), or memory. */
export interface ObjectSource {
  /**
   * Events until the signal is aborted; faults are waited out inside. What is not taken is not fetched, so a slow
   * consumer costs no memory here; it may be given a new list later. One consumer a call.
   */
  watch(resource: ResourceKind, signal: AbortSignal): AsyncIterable<ObjectEvent>;
}
