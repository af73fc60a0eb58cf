import { rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { mayNotEnd } from './given-server.ts';
import { installedProgram } from './installed-program.ts';
import { makePostgresData } from './postgres-data.ts';
import { makeRunFolder } from './run-folder.ts';
import { ServerProcess } from './server-process.ts';

const READY_MS = 20_000;

/** What is committed must outlive the server, but not the machine. */
const FAST = ['fsync=off', 'full_page_writes=off'].flatMap((setting) => ['-c', setting]);

export interface TestPostgres {
  readonly url: string;
  /** Ends it as a crash would; the data stays. */
  kill(): Promise<void>;
  /** Starts it again with its data, at the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Why there is no PostgreSQL here, in a sentence; undefined where there is one. */
export function postgresUnavailable(): string | undefined {
  if (process.env.FLOWTAP_TEST_POSTGRES_URL || program('postgres') !== undefined) return undefined;
  return 'PostgreSQL is not installed (Debian package postgresql), and FLOWTAP_TEST_POSTGRES_URL does not name one';
}

/** A PostgreSQL of this test's own with an empty database. With FLOWTAP_TEST_POSTGRES_URL a new database of that one. */
export async function startPostgres(): Promise<TestPostgres> {
  const given = process.env.FLOWTAP_TEST_POSTGRES_URL;
  if (given) return await createDatabase(given);
  const [initdb, postgres] = [program('initdb'), program('postgres')];
  if (initdb === undefined || postgres === undefined) throw new Error(postgresUnavailable());
  const folder = makeRunFolder('postgres');
  const data = makePostgresData(initdb, folder);
  const port = await freePort();
  const url = `postgres://flowtap@127.0.0.1:${port}/postgres`;
  const start = async (): Promise<ServerProcess> => {
    const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, ...FAST];
    const logPath = join(folder, 'log');
    const server = await ServerProcess.start({
      name: 'PostgreSQL',
      command: postgres,
      args,
      logPath,
      asNobody: true,
      // Killed, it would leave a segment of shared memory.
      deathSignal: 'SIGQUIT',
    });
    await server.ready(() => answers(url), READY_MS);
    return server;
  };
  let server = await start();
  return {
    url,
    // SIGQUIT is its "immediate shutdown": no checkpoint, and its children go with it.
    kill: () => server.stop('SIGQUIT'),
    async restart() {
      await server.stop('SIGQUIT');
      server = await start();
    },
    async stop() {
      await server.stop('SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function program(name: string): string | undefined {
  return installedProgram(name, [`/usr/lib/postgresql/*/bin/${name}`]);
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createDatabase(given: string): Promise<TestPostgres> {
  const name = `flowtap_test_${process.pid}_${Date.now()}`;
  const admin = async (statement: string): Promise<void> => {
    const client = new pg.Client(given);
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await admin(`create database ${name}`);
  const url = new URL(given);
  url.pathname = `/${name}`;
  const refuse = mayNotEnd('FLOWTAP_TEST_POSTGRES_URL');
  const stop = (): Promise<void> => admin(`drop database if exists ${name} with (force)`);
  return { url: url.href, kill: refuse, restart: refuse, stop };
}
