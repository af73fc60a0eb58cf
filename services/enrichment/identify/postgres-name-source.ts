import type { AddressIdentity } from '../../core/kubernetes-identity.ts';
import type { NameAnswer, NameQuery, NameSource } from './name-source.ts';

/** What is needed of a database connection. */
export interface IdentitySql {
  query<Row>(text: string, params?: readonly unknown[]): Promise<readonly Row[]>;
}

interface IdentityRow {
  readonly ordinal: number;
  readonly kind: string;
  /** Null where the address is contested by several. */
  readonly identity: AddressIdentity | string | null;
  readonly from_ms: number | string | null;
  readonly to_ms: number | string | null;
}

// Times as numbers: drivers make dates of them, which know neither microseconds nor infinity.
const IDENTIFY = `select ordinal, kind, identity,
  (extract(epoch from valid_from) * 1000)::float8 as from_ms,
  (extract(epoch from valid_to) * 1000)::float8 as to_ms
from identify_or_doubt($1::inet[], $2::timestamptz[])`;

/** Names from the state store that kubeagent keeps, by the function `identify_or_doubt` (sql/). */
export class PostgresNameSource implements NameSource {
  readonly #sql: IdentitySql;

  constructor(sql: IdentitySql) {
    this.#sql = sql;
  }

  async identify(queries: readonly NameQuery[]): Promise<readonly NameAnswer[]> {
    const answers = new Array<NameAnswer>(queries.length).fill(undefined);
    if (queries.length === 0) return answers;
    const addresses = queries.map(({ ip }) => ip);
    const times = queries.map(({ atMs }) => new Date(atMs).toISOString());
    for (const row of await this.#sql.query<IdentityRow>(IDENTIFY, [addresses, times])) {
      const { identity } = row;
      if (identity === null) {
        answers[row.ordinal - 1] = 'contested';
        continue;
      }
      const owner: AddressIdentity = typeof identity === 'string' ? JSON.parse(identity) : identity;
      if (row.kind === 'contested') {
        answers[row.ordinal - 1] = { possible: owner };
        continue;
      }
      answers[row.ordinal - 1] = {
        identity: owner,
        validFromMs: row.from_ms === null ? Number.NEGATIVE_INFINITY : Number(row.from_ms),
        validToMs: row.to_ms === null ? undefined : Number(row.to_ms),
      };
    }
    return answers;
  }
}
