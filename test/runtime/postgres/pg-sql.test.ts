import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../services/runtime/clock.ts';
import { PgSql } from '../../../services/runtime/postgres/pg-sql.ts';
import { postgresAddress, postgresOptions } from '../../../services/runtime/postgres/postgres-options.ts';
import { openPg } from '../../kubeagent/database.ts';
import { eventually } from '../../kubeagent/running-agent.ts';
import { silentLog } from '../../kubeagent/silent-log.ts';
import type { TestPostgres } from '../../servers/postgres.ts';
import { postgresUnavailable, startPostgres } from '../../servers/postgres.ts';

describe('a server', () => {
  let server: TestPostgres | undefined;
  beforeAll(async () => {
    if (postgresUnavailable() === undefined) server = await startPostgres();
  });
  afterAll(() => server?.stop());

  test('that is killed and comes back', { timeout: 60_000 }, async (context) => {
    if (server === undefined) return context.skip(String(postgresUnavailable()));
    const sql = await openPg(server.url);
    const payloads: string[] = [];
    const stopping = new AbortController();
    let gaps = 0;
    await sql.listen(
      'news',
      (payload) => payloads.push(payload),
      stopping.signal,
      () => gaps++,
    );
    await sql.query("select pg_notify('news', 'before')");
    await eventually(async () => payloads.includes('before'));
    await server.kill();
    await expect(sql.query('select 1')).rejects.toMatchObject({ code: 'POSTGRES_UNAVAILABLE' });
    await server.restart();
    await eventually(async () => gaps === 1);
    await sql.query("select pg_notify('news', 'after')");
    await eventually(async () => payloads.includes('after'));
    stopping.abort();
    await sql.close();
  });

  test('that is no longer heard of is given up', { timeout: 30_000 }, async (context) => {
    if (server === undefined) return context.skip(String(postgresUnavailable()));
    const proxy = await startProxy(server.url);
    const sql = await PgSql.open({
      url: proxy.url,
      applicationName: 'test',
      statementTimeoutMs: 50,
      clock: systemClock,
      log: silentLog,
    });
    await sql.query('select 1');
    proxy.silence();
    await expect(sql.query('select 1')).rejects.toMatchObject({ code: 'POSTGRES_UNAVAILABLE' });
    // On a new connection.
    expect(await sql.query('select 1 as one')).toEqual([{ one: 1 }]);
    proxy.silence();
    const work = sql.transaction((session) => session.query('select 1'));
    await expect(work).rejects.toMatchObject({ code: 'POSTGRES_UNAVAILABLE' });
    expect(await sql.query('select 1 as one')).toEqual([{ one: 1 }]);
    await sql.close();
    await proxy.close();
  });

  test('rolls back what fails, and goes on', async (context) => {
    if (server === undefined) return context.skip(String(postgresUnavailable()));
    const sql = await openPg(server.url);
    const attempt = sql.transaction(async (session) => {
      await session.query('create table tried (name text)');
      await session.query('select no_such_column');
    });
    await expect(attempt).rejects.toMatchObject({ code: 'POSTGRES_FAILED' });
    expect(await sql.query("select to_regclass('tried') as tried")).toEqual([{ tried: null }]);
    await sql.close();
    await sql.close();
  });
});

describe('options', () => {
  const access = { applicationName: 'test', statementTimeoutMs: 1000 };

  test('a password file is read at each connection', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flowtap-password-'));
    const passwordFile = join(folder, 'password');
    const { password } = postgresOptions({
      ...access,
      url: 'postgres://db/flowtap',
      passwordFile,
      ca: undefined,
    });
    if (typeof password !== 'function') throw new Error('The password is not asked for.');
    for (const secret of ['one', 'two']) {
      writeFileSync(passwordFile, `${secret}\n`);
      expect(await password()).toBe(secret);
    }
    rmSync(folder, { recursive: true });
  });

  test('with an authority, what the URL says of TLS cannot weaken it', () => {
    const url = 'postgres://flowtap@db/flowtap?sslmode=no-verify&options=-csearch_path%3Dx';
    const { ssl, connectionString } = postgresOptions({ ...access, url, ca: 'PEM' });
    expect(ssl).toEqual({ ca: 'PEM', rejectUnauthorized: true });
    expect(connectionString).toBe('postgres://flowtap@db/flowtap?options=-csearch_path%3Dx');
  });

  test.each([
    ['postgres://flowtap:secret@db:5432/flowtap', 'db:5432/flowtap'],
    ['postgres://flowtap:secret@/flowtap?host=/run/postgresql', 'the address in --postgres'],
    ['nonsense with a secret', 'the address in --postgres'],
  ])('%s is called %s in messages', (url, name) => {
    expect(postgresAddress(url)).not.toContain('secret');
    expect([name, 'localhost/flowtap', '/run/postgresql/flowtap']).toContain(postgresAddress(url));
  });
});

/** Passes on what a server and its clients say, until the connections that there are fall silent. */
async function startProxy(url: string) {
  const { hostname, port } = new URL(url);
  const open = new Set<readonly [Socket, Socket]>();
  const server = createServer((client) => {
    const remote = connect({ host: hostname, port: Number(port) });
    const pair = [client, remote] as const;
    open.add(pair);
    client.pipe(remote).on('error', () => undefined);
    remote.pipe(client).on('error', () => undefined);
    client.once('close', () => remote.destroy() && open.delete(pair));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxied = new URL(url);
  proxied.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: proxied.href,
    silence: () => {
      for (const [client, remote] of open) remote.unpipe(client);
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
