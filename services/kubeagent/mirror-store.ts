import { FlowtapError } from '../runtime/errors.ts';
import { ENDPOINT_SLICES } from '../runtime/kubernetes/resource-kind.ts';
import { jsonbText } from '../runtime/postgres/jsonb-text.ts';
import type { Sql, SqlSession } from '../runtime/postgres/sql.ts';
import type { StoredObject } from './stored-object.ts';

/** Objects of one kind to be written; what they change holds from `changedAt`. */
export interface KindWrite {
  readonly kind: string;
  readonly objects: readonly StoredObject[];
  readonly changedAt: string;
}

/** A whole list of a kind. */
export interface KindReplacement {
  readonly kind: string;
  readonly objects: readonly StoredObject[];
  readonly seenAt: string;
  /** Until then an address of what is gone may still be in use. */
  readonly doubtTo: string;
}

const CHANNEL = 'flowtap_identity';

/** PostgreSQL takes notifications of less than 8000 bytes (NOTIFY in its manual). */
const MAX_PAYLOAD_BYTES = 7900;

/** More changes than this are told of as `*`: whoever caches forgets everything. */
const MAX_NOTIFIED = 5000;

/** Rows of one call, so that no text becomes too large. A slice has up to 1000 pods, of each of which something changes. */
const CHUNK_ROWS = 1000;
const CHUNK_SLICES = 50;

/** The state store as its one writer sees it. All of it is in SQL, so that nothing is lost with this process. */
export class MirrorStore {
  readonly #sql: Sql;
  #epoch = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Becomes the writer; whoever was it before cannot write any more. */
  async begin(holder: string, kinds: readonly string[]): Promise<void> {
    const [row] = await this.#sql.query<{ epoch: number }>('select begin_epoch($1) as epoch', [holder]);
    this.#epoch = row.epoch;
    await this.#write((session) =>
      session.query('insert into mirror_progress (kind) select unnest($1::text[]) on conflict do nothing', [
        kinds,
      ]),
    );
  }

  /** Stores changes, kind after kind, all or nothing. Gives how many addresses have changed. */
  write(writes: readonly KindWrite[]): Promise<number> {
    return this.#write(async (session) => {
      const changed = new Set<string>();
      for (const write of writes) await this.#storeChunks(session, write, changed);
      await this.#notify(session, changed);
      return changed.size;
    });
  }

  /** Stores a whole list and closes what is not in it, in one transaction: nobody sees a moment without names. */
  replace({ kind, objects, seenAt, doubtTo }: KindReplacement): Promise<number> {
    return this.#write(async (session) => {
      const changed = new Set<string>();
      const [known] = await session.query<{ until: string | null }>(
        'select in_sync_until::text as until from mirror_progress where kind = $1',
        [kind],
      );
      // Nothing says when it changed: at the latest moment at which everything was known, or ever since.
      await this.#storeChunks(session, { kind, objects, changedAt: known?.until ?? '-infinity' }, changed);
      const uids = jsonbText(objects.map(({ uid }) => uid));
      const closed = await session.query<{ address: string }>(
        'select host(address) as address from close_missing($1, $2::jsonb, $3, $4) address',
        [kind, uids, seenAt, doubtTo],
      );
      for (const { address } of closed) changed.add(address);
      await this.#notify(session, changed);
      return changed.size;
    });
  }

  /** Everything of these kinds is known until then. */
  async reportProgress(kinds: readonly string[], until: string): Promise<void> {
    await this.#write((session) => session.query('select report_progress($1::text[], $2)', [kinds, until]));
  }

  /** Removes what ended before then, at most so many rows of each table. Gives how many. */
  async removeClosed(before: string, most: number): Promise<number> {
    return this.#write(async (session) => {
      const [row] = await session.query<{ removed: number }>('select remove_closed($1, $2) as removed', [
        before,
        most,
      ]);
      return row.removed;
    });
  }

  async #storeChunks(
    session: SqlSession,
    { kind, objects, changedAt }: KindWrite,
    changed: Set<string>,
  ): Promise<void> {
    const chunk = kind === ENDPOINT_SLICES.kind ? CHUNK_SLICES : CHUNK_ROWS;
    for (let start = 0; start < objects.length; start += chunk) {
      const rows = await session.query<{ address: string }>(
        'select host(address) as address from write_objects($1, $2::jsonb, $3) address',
        [kind, jsonbText(objects.slice(start, start + chunk)), changedAt],
      );
      for (const { address } of rows) changed.add(address);
    }
  }

  async #notify(session: SqlSession, changed: ReadonlySet<string>): Promise<void> {
    if (changed.size === 0) return;
    const payloads = changed.size > MAX_NOTIFIED ? ['*'] : payloadsOf([...changed]);
    await session.query('select pg_notify($1, payload) from unnest($2::text[]) payload', [CHANNEL, payloads]);
  }

  #write<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.#sql.transaction(async (session) => {
      const [row] = await session.query<{ mine: boolean }>('select is_writer($1) as mine', [this.#epoch]);
      if (row.mine) return await work(session);
      throw new FlowtapError(
        'NOT_THE_WRITER',
        'mirror',
        'Another kubeagent writes the state store now, so this one stops writing.',
      );
    });
  }
}

/** Addresses with commas, in as few payloads as they fit. */
export function payloadsOf(addresses: readonly string[]): string[] {
  const payloads: string[] = [];
  let payload = '';
  for (const address of addresses) {
    if (payload.length + address.length + 1 > MAX_PAYLOAD_BYTES) {
      payloads.push(payload);
      payload = '';
    }
    payload = payload === '' ? address : `${payload},${address}`;
  }
  return [...payloads, payload];
}
