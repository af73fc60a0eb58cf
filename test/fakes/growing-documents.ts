import type { FlowHit, PageQuery, Snapshot } from '../../services/cli/flows/flow-search.ts';
import type { Clause } from '../../services/console/elasticsearch/flow-query.ts';

export interface GrowingDocument {
  readonly id: string;
  readonly index: string;
  /** When it was made. */
  readonly atMs: number;
}

type Range = { readonly gte: number; readonly lt?: number };

/** Documents that become visible when a test says so; pages of two. */
export class GrowingDocuments {
  readonly visible: GrowingDocument[] = [];
  /** Documents that were fetched, whole. */
  fetched = 0;
  /** Thrown in place of an answer. */
  trouble: Error | undefined;

  /** For `query` of who asks: keeps what must hold as well. */
  readonly query = (more: readonly Clause[]): Clause => ({ more });

  async snapshot<Result>(
    _signal: AbortSignal,
    use: (snapshot: Snapshot) => Promise<Result>,
  ): Promise<Result> {
    if (this.trouble !== undefined) throw this.trouble;
    const documents = [...this.visible];
    return await use({
      count: async (query) => within(documents, query).length,
      pages: (query) => this.#pages(documents, query),
    });
  }

  async *#pages(documents: readonly GrowingDocument[], query: PageQuery): AsyncGenerator<readonly FlowHit[]> {
    const found = within(documents, query.query).sort((a, b) => a.atMs - b.atMs);
    if (query.order === 'desc') found.reverse();
    const hits = found.slice(0, query.limit).map(({ id, index, atMs }): FlowHit => {
      return { id, index, document: { id }, sortValue: atMs };
    });
    if (query.withDocuments) this.fetched += hits.length;
    for (let at = 0; at < hits.length; at += 2) yield hits.slice(at, at + 2);
  }
}

function within(documents: readonly GrowingDocument[], query: Clause): GrowingDocument[] {
  const [clause] = query.more as readonly { readonly range: { readonly 'event.ingested': Range } }[];
  const { gte = 0, lt = Number.POSITIVE_INFINITY } = clause?.range['event.ingested'] ?? {};
  return documents.filter(({ atMs }) => gte <= atMs && atMs < lt);
}
