import type { AddressIdentity } from '../../services/core/kubernetes-identity.ts';
import type { SqlSession } from '../../services/runtime/postgres/sql.ts';

export interface IdentityRow {
  readonly ordinal: number;
  readonly kind: string;
  readonly identity: AddressIdentity;
  readonly valid_from: Date | null;
  readonly valid_to: Date | null;
}

/** What `identify` says of each pair; undefined where it says nothing. */
export async function identify(
  sql: SqlSession,
  pairs: readonly (readonly [address: string, atMs: number])[],
): Promise<(IdentityRow | undefined)[]> {
  const rows = await sql.query<IdentityRow>('select * from identify($1::inet[], $2::timestamptz[])', [
    pairs.map(([address]) => address),
    pairs.map(([, atMs]) => new Date(atMs).toISOString()),
  ]);
  const answers: (IdentityRow | undefined)[] = pairs.map(() => undefined);
  for (const row of rows) answers[row.ordinal - 1] = row;
  return answers;
}

/** The name of whoever is named: the pod, the services, else the node. */
export function nameOf(row: IdentityRow | undefined): string | undefined {
  if (row === undefined) return undefined;
  const { kind, pods, services, node } = row.identity;
  if (kind === 'pod') return pods[0].name;
  return kind === 'service' ? services.map(({ name }) => name).join(',') : node?.name;
}
