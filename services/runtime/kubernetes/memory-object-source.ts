import type { KubernetesObject } from './kubernetes-object.ts';
import type { ObjectEvent, ObjectSource } from './object-source.ts';
import type { ResourceKind } from './resource-kind.ts';

interface Watcher {
  readonly kind: string;
  readonly pending: ObjectEvent[];
  wake: () => void;
}

/** Objects in memory in place of a cluster: the embedded demo, and tests. */
export class MemoryObjectSource implements ObjectSource {
  readonly #objects = new Map<string, Map<string, KubernetesObject>>();
  readonly #watchers = new Set<Watcher>();
  #version = 0;

  /** Creates or changes an object. */
  apply(resource: ResourceKind, object: KubernetesObject): void {
    const versioned = this.#stamp(resource, object);
    this.#kind(resource.kind).set(object.metadata.uid, versioned);
    this.#tell(resource.kind, { type: 'upsert', object: versioned });
  }

  /** Takes an object away; `last` is its last state, where that differs. Nothing happens where it is not known. */
  remove(resource: ResourceKind, uid: string, last?: KubernetesObject): void {
    const known = this.#kind(resource.kind).get(uid);
    if (known === undefined) return;
    this.#kind(resource.kind).delete(uid);
    this.#tell(resource.kind, { type: 'delete', object: this.#stamp(resource, last ?? known) });
  }

  /** Sends every watcher of a kind the whole list, as after missed events. */
  relist(resource: ResourceKind): void {
    this.#tell(resource.kind, this.#list(resource.kind));
  }

  async *watch(resource: ResourceKind, signal: AbortSignal): AsyncGenerator<ObjectEvent> {
    const watcher: Watcher = {
      kind: resource.kind,
      pending: [this.#list(resource.kind)],
      wake: () => undefined,
    };
    const stop = (): void => watcher.wake();
    this.#watchers.add(watcher);
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        const event = watcher.pending.shift();
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => (watcher.wake = resolve));
      }
    } finally {
      this.#watchers.delete(watcher);
      signal.removeEventListener('abort', stop);
    }
  }

  #list(kind: string): ObjectEvent {
    return {
      type: 'replace',
      objects: [...this.#kind(kind).values()],
      resourceVersion: String(this.#version),
    };
  }

  #kind(kind: string): Map<string, KubernetesObject> {
    const objects = this.#objects.get(kind) ?? new Map<string, KubernetesObject>();
    this.#objects.set(kind, objects);
    return objects;
  }

  #stamp({ kind, apiVersion }: ResourceKind, object: KubernetesObject): KubernetesObject {
    this.#version++;
    return {
      ...object,
      kind,
      apiVersion,
      metadata: { ...object.metadata, resourceVersion: String(this.#version) },
    };
  }

  #tell(kind: string, event: ObjectEvent): void {
    for (const watcher of this.#watchers) {
      if (watcher.kind !== kind) continue;
      // A list makes what waits before it superfluous.
      if (event.type === 'replace') watcher.pending.length = 0;
      watcher.pending.push(event);
      watcher.wake();
    }
  }
}
