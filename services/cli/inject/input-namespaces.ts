import { FLOWTAP_KEY } from '../../webhook/flowtap-key.ts';
import type { CapturedNamespace } from '../../webhook/policy/decide.ts';
import type { WrittenObject } from './workload.ts';

type Texts = Readonly<Record<string, string>>;

/** The namespaces that the manifests themselves describe. */
export class InputNamespaces {
  readonly #namespaces = new Map<string, CapturedNamespace>();

  add({ object }: WrittenObject): void {
    if (object.kind !== 'Namespace' || object.apiVersion !== 'v1') return;
    const { name, labels, annotations } = (object.metadata ?? {}) as {
      readonly name?: unknown;
      readonly labels?: unknown;
      readonly annotations?: unknown;
    };
    this.#namespaces.set(String(name), {
      name: String(name),
      labels: textsOf(labels),
      annotations: textsOf(annotations),
    });
  }

  /** The namespace of a workload. One that does not say otherwise is to be captured: that is why somebody injects. */
  get(name: string | undefined): CapturedNamespace {
    const { labels, annotations } = this.#namespaces.get(name ?? '') ?? {};
    return {
      name: name ?? '',
      labels,
      annotations: { [FLOWTAP_KEY.capture]: 'enabled', ...annotations },
    };
  }
}

function textsOf(value: unknown): Texts {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
