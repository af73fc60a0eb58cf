/** Statements on one connection, or on whichever is free. */
export interface SqlSession {
  /** One statement with `$1`, `$2`, …; arrays become arrays of PostgreSQL. Give jsonb as text that is JSON already. */
  query<Row = Record<string, unknown>>(text: string, params?: readonly unknown[]): Promise<readonly Row[]>;
  /** Several statements without parameters. */
  script(text: string): Promise<void>;
}

/** A PostgreSQL database: a server (pg-sql.ts) or one inside the process (pglite-sql.ts). */
export interface Sql extends SqlSession {
  /** Commits when `work` resolves, rolls back when it throws. */
  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T>;
  /**
   * Has `onPayload` called for notifications of the channel until the signal is aborted; resolves once listening.
   * `onGap` is called when notifications may have been missed: after each reconnection.
   */
  listen(
    channel: string,
    onPayload: (payload: string) => void,
    signal: AbortSignal,
    onGap: () => void,
  ): Promise<void>;
  /** May be called twice. */
  close(): Promise<void>;
}
