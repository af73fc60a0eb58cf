import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { TestPostgres } from './postgres.ts';
import { postgresUnavailable, startPostgres } from './postgres.ts';

const unavailable = process.env.FLOWTAP_TEST_POSTGRES_URL
  ? 'FLOWTAP_TEST_POSTGRES_URL names a server that others use too'
  : postgresUnavailable();

let postgres: TestPostgres;

beforeAll(async () => {
  if (unavailable === undefined) postgres = await startPostgres();
});

afterAll(() => postgres?.stop());

beforeEach((context) => {
  if (unavailable !== undefined) context.skip(unavailable);
});

async function query(url: string, text: string): Promise<readonly unknown[]> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test('what was committed is there after a crash, at the same address', async () => {
  await query(postgres.url, 'create table kept as select 1 as number');
  await postgres.kill();
  await expect(query(postgres.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
  await postgres.restart();
  expect(await query(postgres.url, 'select * from kept')).toEqual([{ number: 1 }]);
});

test('two of them know nothing of each other', async () => {
  const other = await startPostgres();
  await query(postgres.url, 'create table mine ()');
  expect(await query(other.url, "select to_regclass('mine') as found")).toEqual([{ found: null }]);
  await other.stop();
});
