import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { KubernetesObject } from '../../runtime/kubernetes/kubernetes-object.ts';
import type { ObjectEvent, ObjectSource } from '../../runtime/kubernetes/object-source.ts';
import { NAMESPACES } from '../../runtime/kubernetes/resource-kind.ts';
import type { CapturedNamespace } from '../policy/decide.ts';

export interface NamespaceStoreOptions {
  readonly source: ObjectSource;
  readonly api: Pick<KubernetesApi, 'request'>;
  /** Told when a namespace had to be asked for. */
  readonly onLookup: () => void;
}

/** An admission waits for it, and the API server for the admission. */
const LOOKUP_MS = 1000;

/** Labels and annotations of all namespaces, which a request for admission does not carry. */
export class NamespaceStore {
  readonly #options: NamespaceStoreOptions;
  readonly #namespaces = new Map<string, CapturedNamespace>();
  #isListed = false;

  constructor(options: NamespaceStoreOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#namespaces.size;
  }

  /** True once all namespaces are known. */
  get isListed(): boolean {
    return this.#isListed;
  }

  /** Follows the API server until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    for await (const event of this.#options.source.watch(NAMESPACES, signal)) this.#take(event);
  }

  /**
   * The namespace of a pod that is being created. One that is not known was made a moment ago, so it is asked for.
   * Undefined where the API server does not know it either. Throws where it does not answer.
   */
  async get(name: string, signal: AbortSignal): Promise<CapturedNamespace | undefined> {
    const known = this.#namespaces.get(name);
    if (known !== undefined) return known;
    this.#options.onLookup();
    const path = `${NAMESPACES.path}/${encodeURIComponent(name)}`;
    const { status, body } = await this.#options.api.request({ path, signal, timeoutMs: LOOKUP_MS });
    if (status === 404) return undefined;
    if (status !== 200) {
      throw new Error(`The API server answered ${status} when asked for the namespace ${name}.`);
    }
    return trim(body);
  }

  #take(event: ObjectEvent): void {
    switch (event.type) {
      case 'replace':
        this.#namespaces.clear();
        for (const object of event.objects) this.#namespaces.set(object.metadata.name, trim(object));
        this.#isListed = true;
        return;
      case 'upsert':
        this.#namespaces.set(event.object.metadata.name, trim(event.object));
        return;
      case 'delete':
        this.#namespaces.delete(event.object.metadata.name);
    }
  }
}

/** What of a namespace matters; its annotations may hold a lot that does not. */
function trim({ metadata: { name, labels, annotations } }: KubernetesObject): CapturedNamespace {
  const ours = Object.entries(annotations ?? {}).filter(([key]) => key.startsWith('flowtap.dev/'));
  return { name, labels, annotations: Object.fromEntries(ours) };
}
