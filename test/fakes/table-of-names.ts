import type { AddressIdentity } from '../../services/core/kubernetes-identity.ts';
import type { NameAnswer, NameQuery, NameSource } from '../../services/enrichment/identify/name-source.ts';

export interface NameRow {
  readonly ip: string;
  readonly fromMs: number;
  /** Undefined: still. */
  readonly toMs?: number | undefined;
  readonly identity: AddressIdentity;
  /** It may have had it, which is not sure. */
  readonly isPossible?: boolean;
}

/** A state store: rows that a test may change, as kubeagent would. */
export class TableOfNames implements NameSource {
  rows: NameRow[];
  /** The queries of each call. */
  readonly asked: (readonly NameQuery[])[] = [];
  /** What the calls do in place of answering. */
  trouble: (() => Promise<never>) | undefined;

  constructor(rows: readonly NameRow[] = []) {
    this.rows = [...rows];
  }

  identify(queries: readonly NameQuery[]): Promise<readonly NameAnswer[]> {
    this.asked.push(queries);
    return this.trouble?.() ?? Promise.resolve(queries.map((query) => this.#find(query)));
  }

  #find({ ip, atMs }: NameQuery): NameAnswer {
    const found = this.rows.filter(
      (row) => row.ip === ip && row.fromMs <= atMs && (row.toMs === undefined || atMs < row.toMs),
    );
    if (found.length > 1) return 'contested';
    if (found.length === 0) return undefined;
    const [{ identity, fromMs, toMs, isPossible }] = found;
    if (isPossible === true) return { possible: identity };
    return { identity, validFromMs: fromMs, validToMs: toMs };
  }
}
