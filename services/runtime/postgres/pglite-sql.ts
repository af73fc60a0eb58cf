import { PGlite } from '@electric-sql/pglite';
import type { Sql, SqlSession } from './sql.ts';
import { sqlFailure } from './sql-failure.ts';

const NAME = 'this process (PGlite)';

/** PostgreSQL inside the process, on one connection: for the demo and a first try. */
export class PgliteSql implements Sql {
  readonly #database: PGlite;
  #closed: Promise<void> | undefined;

  private constructor(database: PGlite) {
    this.#database = database;
  }

  /** In memory, or in a folder that is made where there is none. */
  static async open(folder?: string): Promise<PgliteSql> {
    try {
      return new PgliteSql(await PGlite.create(folder));
    } catch (error) {
      throw sqlFailure(error, NAME);
    }
  }

  query<Row>(text: string, params?: readonly unknown[]): Promise<readonly Row[]> {
    return guard(() => sessionOf(this.#database).query<Row>(text, params));
  }

  script(text: string): Promise<void> {
    return guard(() => sessionOf(this.#database).script(text));
  }

  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return guard(() => this.#database.transaction((transaction) => work(sessionOf(transaction))));
  }

  async listen(channel: string, onPayload: (payload: string) => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const stop = await guard(() => this.#database.listen(channel, onPayload));
    signal.addEventListener('abort', () => void stop().catch(() => undefined), { once: true });
  }

  close(): Promise<void> {
    this.#closed ??= this.#database.close();
    return this.#closed;
  }
}

function sessionOf(database: Pick<PGlite, 'query' | 'exec'>): SqlSession {
  return {
    async query<Row>(text: string, params?: readonly unknown[]) {
      const { rows } = await database.query<Row>(text, params as unknown[]);
      return rows;
    },
    async script(text) {
      await database.exec(text);
    },
  };
}

async function guard<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sqlFailure(error, NAME);
  }
}
