import { afterAll, beforeAll, expect, test } from 'vitest';
import { MirrorStore, payloadsOf } from '../../services/kubeagent/mirror-store.ts';
import { MemoryObjectSource } from '../../services/runtime/kubernetes/memory-object-source.ts';
import { PODS } from '../../services/runtime/kubernetes/resource-kind.ts';
import { migrate } from '../../services/runtime/postgres/migrations.ts';
import type { PgSql } from '../../services/runtime/postgres/pg-sql.ts';
import type { TestPostgres } from '../servers/postgres.ts';
import { postgresUnavailable, startPostgres } from '../servers/postgres.ts';
import { openPg } from './database.ts';
import { identify, nameOf } from './identity-query.ts';
import { podObject } from './kubernetes-objects.ts';
import { eventually, startAgent } from './running-agent.ts';
import { silentLog } from './silent-log.ts';

let server: TestPostgres | undefined;
let sql: PgSql;
beforeAll(async () => {
  if (postgresUnavailable() !== undefined) return;
  server = await startPostgres();
  sql = await openPg(server.url);
  await migrate(sql, silentLog);
});
afterAll(async () => {
  await sql?.close();
  await server?.stop();
});

const address = (index: number): string => `10.244.${index >> 8}.${index & 255}`;

test('what happens while the database is away is written when it is back', {
  timeout: 60_000,
}, async (context) => {
  if (server === undefined) return context.skip(String(postgresUnavailable()));
  const source = new MemoryObjectSource();
  source.apply(PODS, podObject('pod-0', { ips: [address(0)] }));
  const agent = await startAgent(sql, source);
  await server.kill();
  // More than the queue of the agent takes.
  for (let index = 1; index <= 500; index++)
    source.apply(PODS, podObject(`pod-${index}`, { ips: [address(index)] }));
  source.remove(PODS, 'pod-pod-0');
  await server.restart();
  const names = async (): Promise<(string | undefined)[]> =>
    (
      await identify(
        sql,
        [0, 1, 250, 500].map((index) => [address(index), Date.now()] as const),
      )
    ).map(nameOf);
  await eventually(async () => (await names()).join() === ',pod-1,pod-250,pod-500');
  await agent.stop();
});

test('what ended is removed in time, and nothing else', async (context) => {
  if (server === undefined) return context.skip(String(postgresUnavailable()));
  const source = new MemoryObjectSource();
  source.apply(PODS, podObject('stays', { ips: ['10.9.0.1'] }));
  source.apply(PODS, podObject('goes', { ips: ['10.9.0.2'] }));
  const agent = await startAgent(sql, source);
  // Another version of one, and the end of the other.
  source.apply(PODS, podObject('stays', { ips: ['10.9.0.1'], labels: { version: '2' } }));
  source.remove(PODS, 'pod-goes');
  const rows = async (table: string): Promise<number> => {
    const text = `select count(*)::int as rows from ${table} where uid in ('pod-stays', 'pod-goes')`;
    return (await sql.query<{ rows: number }>(text))[0].rows;
  };
  await eventually(async () => {
    const [{ closed }] = await sql.query<{ closed: number }>(
      "select count(*)::int as closed from address_claims where uid = 'pod-goes' and claim_to < 'infinity'",
    );
    return closed === 1 && (await rows('identities')) === 3;
  });
  await agent.stop();
  const store = new MirrorStore(sql);
  await store.begin('test', []);
  await store.removeClosed(new Date(Date.now() - 60_000).toISOString(), 100);
  expect([await rows('identities'), await rows('kubernetes_objects')]).toEqual([3, 2]);
  // A row at a time.
  while ((await store.removeClosed(new Date(Date.now() + 120_000).toISOString(), 1)) > 0);
  expect([await rows('identities'), await rows('address_claims'), await rows('kubernetes_objects')]).toEqual([
    1, 1, 1,
  ]);
  const wrong = await sql.query(`
    select address from identities i
    where is_shared <> exists (select from identities o where o.address = i.address and o.uid <> i.uid)`);
  expect(wrong).toEqual([]);
  expect((await identify(sql, [['10.9.0.1', Date.now()]]))[0]?.identity.pods[0].labels).toEqual({
    version: '2',
  });
});

test('addresses are told of in payloads that PostgreSQL takes', () => {
  const addresses = Array.from({ length: 5000 }, (_, index) => `2001:db8::${index.toString(16)}`);
  const payloads = payloadsOf(addresses);
  expect(Math.max(...payloads.map(({ length }) => length))).toBeLessThan(8000);
  expect(payloads.flatMap((payload) => payload.split(','))).toEqual(addresses);
});
