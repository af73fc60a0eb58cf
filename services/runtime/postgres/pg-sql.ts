import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { Backoff } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { FlowtapError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { postgresAddress, postgresOptions } from './postgres-options.ts';
import type { Sql, SqlSession } from './sql.ts';
import { sqlFailure } from './sql-failure.ts';

export interface PostgresAccess {
  /** `postgres://user:password@host:5432/database?sslmode=verify-full` */
  readonly url: string;
  /** Read again for each connection, so that a password may change. */
  readonly passwordFile?: string | undefined;
  /** Certificates of the authority that signed the server's; turns TLS on, with full verification. */
  readonly caFile?: string | undefined;
  /** Connections at once, that of `listen` not counted. */
  readonly connections?: number;
  /** What `pg_stat_activity` shows. */
  readonly applicationName: string;
  /** The server ends a statement that takes longer; 0 never. */
  readonly statementTimeoutMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
}

const CONNECTIONS = 4;
const STATEMENT_TIMEOUT_MS = 30_000;
const RETRY_MS = 250;
const MAX_RETRY_MS = 15_000;

/** A PostgreSQL server. Connections are made when they are needed, and again after they broke. */
export class PgSql implements Sql {
  readonly #access: PostgresAccess;
  readonly #options: pg.ClientConfig;
  readonly #pool: pg.Pool;
  readonly #closing = new AbortController();
  readonly #name: string;
  #closed: Promise<void> | undefined;

  private constructor(access: PostgresAccess, options: pg.ClientConfig) {
    this.#access = access;
    this.#options = options;
    this.#name = postgresAddress(access.url);
    this.#pool = new pg.Pool({ ...options, max: access.connections ?? CONNECTIONS });
    // An idle connection that breaks is replaced at the next query, which tells of it if that fails too.
    this.#pool.on('error', (error) => access.log.debug({ error }, 'an idle database connection broke'));
  }

  /** Reads the files; connects at the first query. Throws a FlowtapError CONFIG_INVALID. */
  static async open(access: PostgresAccess): Promise<PgSql> {
    const ca = access.caFile === undefined ? undefined : await readCa(access.caFile);
    return new PgSql(
      access,
      postgresOptions({
        ...access,
        ca,
        statementTimeoutMs: access.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
      }),
    );
  }

  query<Row>(text: string, params?: readonly unknown[]): Promise<readonly Row[]> {
    return this.#guard(async () => {
      const { rows } = await this.#pool.query(text, params as unknown[]);
      return rows as Row[];
    });
  }

  script(text: string): Promise<void> {
    return this.#guard(async () => void (await this.#pool.query(text)));
  }

  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.#guard(async () => {
      const client = await this.#pool.connect();
      let broken: Error | undefined;
      const breaks = (error: Error): void => {
        broken = error;
      };
      client.on('error', breaks);
      try {
        await client.query('begin');
        const result = await work(sessionOf(client));
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch(breaks);
        throw error;
      } finally {
        client.off('error', breaks);
        client.release(broken);
      }
    });
  }

  async listen(
    channel: string,
    onPayload: (payload: string) => void,
    signal: AbortSignal,
    onGap: () => void,
  ): Promise<void> {
    const ending = AbortSignal.any([signal, this.#closing.signal]);
    const first = await this.#guard(() => this.#connectListener(channel, onPayload));
    void this.#keepListening(first, channel, onPayload, ending, onGap);
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#closed ??= this.#pool.end();
    return this.#closed;
  }

  async #keepListening(
    first: Listener,
    channel: string,
    onPayload: (payload: string) => void,
    signal: AbortSignal,
    onGap: () => void,
  ): Promise<void> {
    const backoff = new Backoff(RETRY_MS, MAX_RETRY_MS);
    let listener: Listener | undefined = first;
    while (!signal.aborted) {
      if (listener !== undefined) {
        backoff.reset();
        await endOf(listener, signal);
        await listener.client.end().catch(() => undefined);
        if (signal.aborted) return;
      }
      try {
        listener = await this.#connectListener(channel, onPayload);
        onGap();
      } catch (error) {
        listener = undefined;
        this.#access.log.warn({ error, channel }, 'listening to the database failed, will be tried again');
        await this.#access.clock.sleep(backoff.next(), signal);
      }
    }
    await listener?.client.end().catch(() => undefined);
  }

  async #connectListener(channel: string, onPayload: (payload: string) => void): Promise<Listener> {
    const client = new pg.Client(this.#options);
    const ended = new Promise<void>((resolve) => {
      client.on('end', resolve);
      client.on('error', () => resolve());
    });
    client.on('notification', ({ payload }) => onPayload(payload ?? ''));
    try {
      await client.connect();
      await client.query(`listen ${client.escapeIdentifier(channel)}`);
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    return { client, ended };
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw sqlFailure(error, this.#name);
    }
  }
}

interface Listener {
  readonly client: pg.Client;
  readonly ended: Promise<void>;
}

function endOf(listener: Listener, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return Promise.race([listener.ended, aborted]);
}

function sessionOf(client: pg.PoolClient): SqlSession {
  return {
    async query<Row>(text: string, params?: readonly unknown[]) {
      const { rows } = await client.query(text, params as unknown[]);
      return rows as Row[];
    },
    async script(text) {
      await client.query(text);
    },
  };
}

async function readCa(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new FlowtapError('CONFIG_INVALID', 'config', `--postgres-ca-file ${path} cannot be read.`, {
      cause,
    });
  }
}
