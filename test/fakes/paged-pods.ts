import type { ApiAnswer, ApiRequest } from '../../services/runtime/kubernetes/api-client.ts';

/** The part of an API server that lists pods, from as many as a test wants; none is made before it is asked for. */
export class PagedPods {
  requests: ApiRequest[] = [];
  /** While set, that is its status for everything. */
  status = 200;
  readonly #count: number;
  readonly #podOf: (index: number) => unknown;

  constructor(count: number, podOf: (index: number) => unknown) {
    this.#count = count;
    this.#podOf = podOf;
  }

  request(request: ApiRequest): Promise<ApiAnswer> {
    this.requests.push(request);
    if (this.status !== 200) return Promise.resolve({ status: this.status, headers: {}, body: {} });
    const from = Number(request.query?.continue ?? 0);
    const to = Math.min(this.#count, from + Number(request.query?.limit));
    const items = Array.from({ length: to - from }, (_, index) => this.#podOf(from + index));
    const metadata = { resourceVersion: '1', ...(to < this.#count && { continue: String(to) }) };
    return Promise.resolve({ status: 200, headers: {}, body: { metadata, items } });
  }
}
