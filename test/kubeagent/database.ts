import { systemClock } from '../../services/runtime/clock.ts';
import type { Logger } from '../../services/runtime/logger.ts';
import { migrate } from '../../services/runtime/postgres/migrations.ts';
import { PgSql } from '../../services/runtime/postgres/pg-sql.ts';
import { PgliteSql } from '../../services/runtime/postgres/pglite-sql.ts';
import type { Sql } from '../../services/runtime/postgres/sql.ts';
import { postgresUnavailable, startPostgres } from '../servers/postgres.ts';
import { silentLog } from './silent-log.ts';

/** Both databases that the SQL must run on. */
export const DATABASES = ['PostgreSQL', 'PGlite'] as const;

export interface TestDatabase {
  readonly sql: Sql;
  close(): Promise<void>;
}

/** An empty database with our tables; undefined with a reason where it cannot be had. */
export async function openDatabase(name: (typeof DATABASES)[number]): Promise<TestDatabase | string> {
  if (name === 'PGlite') {
    const sql = await PgliteSql.open();
    await migrate(sql, silentLog);
    return { sql, close: () => sql.close() };
  }
  const unavailable = postgresUnavailable();
  if (unavailable !== undefined) return unavailable;
  const server = await startPostgres();
  const sql = await openPg(server.url);
  await migrate(sql, silentLog);
  return {
    sql,
    async close() {
      await sql.close();
      await server.stop();
    },
  };
}

export function openPg(url: string, log: Logger = silentLog): Promise<PgSql> {
  return PgSql.open({ url, applicationName: 'test', clock: systemClock, log });
}
