import type {
  ApiAnswer,
  ApiRequest,
  ApiStream,
  KubernetesApi,
} from '../../../services/runtime/kubernetes/api-client.ts';
import type { KubernetesObject } from '../../../services/runtime/kubernetes/kubernetes-object.ts';
import { MemoryObjectSource } from '../../../services/runtime/kubernetes/memory-object-source.ts';
import type { ResourceKind } from '../../../services/runtime/kubernetes/resource-kind.ts';
import { secretsOf } from '../../../services/webhook/tls/secret-store.ts';
import { MUTATING_WEBHOOK_CONFIGURATIONS } from '../../../services/webhook/tls/webhook-configuration.ts';

/** What a test makes the server do instead of what it is asked for. */
export type Intervention = (method: string, path: string) => Partial<ApiAnswer> | Error | undefined;

/** Objects by their paths, with versions that must fit, as at an API server; and who watches sees what is written. */
export class MemoryCluster implements KubernetesApi {
  readonly source = new MemoryObjectSource();
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #kinds: readonly ResourceKind[];
  #version = 0;
  /** Every request that would change something. */
  readonly writes: string[] = [];
  intervene: Intervention = () => undefined;

  constructor(namespace: string) {
    this.#kinds = [secretsOf(namespace), MUTATING_WEBHOOK_CONFIGURATIONS];
  }

  // biome-ignore lint/suspicious/noExplicitAny: any kind of object
  get(path: string): any {
    return this.#objects.get(path);
  }

  /** Writes an object as somebody else would. */
  put(path: string, object: object): void {
    const { metadata } = object as KubernetesObject;
    const name = path.slice(path.lastIndexOf('/') + 1);
    const versioned = { ...metadata, name, uid: path, resourceVersion: String(++this.#version) };
    const stored = { ...object, metadata: versioned };
    this.#objects.set(path, stored);
    const kind = this.#kindOf(path);
    if (kind !== undefined) this.source.apply(kind, stored);
  }

  delete(path: string): void {
    this.#objects.delete(path);
    const kind = this.#kindOf(path);
    if (kind !== undefined) this.source.remove(kind, path);
  }

  async request({ method = 'GET', path, body }: ApiRequest): Promise<ApiAnswer> {
    if (method !== 'GET' && !path.includes('/leases')) this.writes.push(`${method} ${path}`);
    const instead = this.intervene(method, path);
    if (instead instanceof Error) throw instead;
    if (instead !== undefined) return answer(500, {}, instead);
    return this.#serve(method, path, structuredClone(body) as KubernetesObject);
  }

  stream(): Promise<ApiStream> {
    throw new Error('It is watched through `source`.');
  }

  close(): void {}

  #serve(method: string, path: string, body: KubernetesObject): ApiAnswer {
    const target = method === 'POST' ? `${path}/${body.metadata.name}` : path;
    const found = this.#objects.get(target);
    if (method === 'POST' ? found !== undefined : found === undefined)
      return answer(method === 'POST' ? 409 : 404, { message: 'as it is' });
    if (method === 'PUT' && body.metadata.resourceVersion !== found?.metadata.resourceVersion)
      return answer(409, { message: 'the object has been modified' });
    if (method === 'PATCH') return this.#patch(target, found!, body as unknown as readonly Operation[]);
    if (method !== 'GET') this.put(target, body);
    return answer(200, this.#objects.get(target));
  }

  #patch(path: string, found: KubernetesObject, operations: readonly Operation[]): ApiAnswer {
    const [version, ...rest] = operations;
    if (version.value !== found.metadata.resourceVersion) return answer(409, { message: 'modified' });
    const changed = structuredClone(found) as KubernetesObject & { webhooks: { clientConfig: object }[] };
    for (const { path, value } of rest) {
      const index = Number(/^\/webhooks\/(\d+)\/clientConfig\/caBundle$/.exec(path)?.[1]);
      Object.assign(changed.webhooks[index].clientConfig, { caBundle: value });
    }
    this.put(path, changed);
    return answer(200, this.#objects.get(path));
  }

  #kindOf(path: string): ResourceKind | undefined {
    return this.#kinds.find((kind) => path.startsWith(`${kind.path}/`));
  }
}

interface Operation {
  readonly path: string;
  readonly value: string;
}

function answer(status: number, body: unknown, over: Partial<ApiAnswer> = {}): ApiAnswer {
  return { status, headers: {}, body, ...over };
}
