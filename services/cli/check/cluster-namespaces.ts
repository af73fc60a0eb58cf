import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import { listPages } from '../../runtime/kubernetes/list-pages.ts';
import { NAMESPACES } from '../../runtime/kubernetes/resource-kind.ts';
import type { Namespaces } from '../../webhook/admission/admit.ts';
import type { CapturedNamespace } from '../../webhook/policy/decide.ts';

const PAGE_SIZE = 500;

/** The namespaces as they are now. */
export class ClusterNamespaces implements Namespaces {
  readonly all: readonly CapturedNamespace[];
  readonly #byName: ReadonlyMap<string, CapturedNamespace>;

  private constructor(all: readonly CapturedNamespace[]) {
    this.all = all;
    this.#byName = new Map(all.map((namespace) => [namespace.name, namespace]));
  }

  /** All of them, or the one that is named. Throws a FlowtapError KUBERNETES_REFUSED where they are not given. */
  static async read(
    api: Pick<KubernetesApi, 'request'>,
    name: string | undefined,
    signal: AbortSignal,
  ): Promise<ClusterNamespaces> {
    const query = name === undefined ? {} : { fieldSelector: `metadata.name=${name}` };
    const all: CapturedNamespace[] = [];
    for await (const page of listPages(api, NAMESPACES, { pageSize: PAGE_SIZE, signal, query })) {
      for (const { metadata } of page) {
        all.push({ name: metadata.name, labels: metadata.labels, annotations: metadata.annotations });
      }
    }
    return new ClusterNamespaces(all);
  }

  get(name: string): Promise<CapturedNamespace | undefined> {
    return Promise.resolve(this.#byName.get(name));
  }
}
