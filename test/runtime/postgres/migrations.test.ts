import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate, readMigrations } from '../../../services/runtime/postgres/migrations.ts';
import { PgliteSql } from '../../../services/runtime/postgres/pglite-sql.ts';
import type { Sql } from '../../../services/runtime/postgres/sql.ts';
import { openPg } from '../../kubeagent/database.ts';
import { silentLog } from '../../kubeagent/silent-log.ts';
import type { TestPostgres } from '../../servers/postgres.ts';
import { postgresUnavailable, startPostgres } from '../../servers/postgres.ts';

const FIRST = { number: 1, name: '0001-first', text: 'create table things (name text)' };
const SECOND = {
  number: 2,
  name: '0002-second',
  text: "insert into things values ('one'); insert into things values ('two')",
};

async function applied(sql: Sql): Promise<string[]> {
  const rows = await sql.query<{ name: string }>('select name from flowtap_migrations order by number');
  return rows.map(({ name }) => name);
}

describe('on PGlite', () => {
  let sql: PgliteSql;
  beforeEach(async () => {
    sql = await PgliteSql.open();
  });
  afterEach(() => sql.close());

  test('ours can be applied, twice', async () => {
    await migrate(sql, silentLog);
    await migrate(sql, silentLog);
    expect(await applied(sql)).toEqual(readMigrations().map(({ name }) => name));
  });

  test('only what is missing is applied', async () => {
    await migrate(sql, silentLog, [FIRST]);
    await migrate(sql, silentLog, [FIRST, SECOND]);
    await migrate(sql, silentLog, [FIRST, SECOND]);
    expect(await sql.query('select name from things')).toEqual([{ name: 'one' }, { name: 'two' }]);
  });

  test('all or nothing', async () => {
    const broken = {
      number: 2,
      name: '0002-broken',
      text: 'create table more (name text); select no_such_function()',
    };
    await expect(migrate(sql, silentLog, [FIRST, broken])).rejects.toMatchObject({ code: 'POSTGRES_FAILED' });
    expect(await sql.query("select to_regclass('things') as things")).toEqual([{ things: null }]);
  });

  test.each([
    {
      what: 'that was changed',
      next: [{ ...FIRST, text: 'create table others (name text)' }],
      says: /another 0001-first/,
    },
    { what: 'of a newer version', next: [], says: /newer version/ },
  ])('one $what is not touched', async ({ next, says }) => {
    await migrate(sql, silentLog, [FIRST]);
    const attempt = migrate(sql, silentLog, next);
    await expect(attempt).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(says),
    });
  });
});

describe('on PostgreSQL', () => {
  let server: TestPostgres | undefined;
  beforeEach(async () => {
    if (postgresUnavailable() === undefined) server = await startPostgres();
  });
  afterEach(() => server?.stop());

  test('several at once', async (context) => {
    if (server === undefined) return context.skip(String(postgresUnavailable()));
    const { url } = server;
    const connections = await Promise.all([1, 2, 3, 4].map(() => openPg(url)));
    await Promise.all(connections.map((sql) => migrate(sql, silentLog)));
    expect(await applied(connections[0])).toEqual(readMigrations().map(({ name }) => name));
    await Promise.all(connections.map((sql) => sql.close()));
  });
});
