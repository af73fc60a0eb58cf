import { FlowtapError } from '../errors.ts';

/**
 * SQLSTATE classes after which the same statement may succeed later: connection exceptions, insufficient resources,
 * operator intervention, system errors, and transactions that met another one (appendix A of PostgreSQL's manual).
 */
const PASSING = /^(?:08(?!P01)|53|57|58|40)/;

/** A failure of the database as ours: POSTGRES_UNAVAILABLE when waiting helps, else POSTGRES_FAILED. */
export function sqlFailure(cause: unknown, database: string): FlowtapError {
  if (cause instanceof FlowtapError) return cause;
  const state = sqlState(cause);
  const reason = cause instanceof Error ? reasonOf(cause) : String(cause);
  if (state === undefined || PASSING.test(state)) {
    return new FlowtapError(
      'POSTGRES_UNAVAILABLE',
      'postgres',
      `The database at ${database} cannot be used now: ${reason}. Check that it runs, and --postgres.`,
      { cause },
    );
  }
  return new FlowtapError(
    'POSTGRES_FAILED',
    'postgres',
    `The database at ${database} refused a statement (${state}): ${reason}.`,
    { cause },
  );
}

/** The SQLSTATE of an error that the server sent. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object)
    ? code
    : undefined;
}

/** Node.js puts the reasons of each address that was tried into an AggregateError without a message of its own. */
function reasonOf(error: Error): string {
  if (error.message !== '') return error.message;
  const inner = error instanceof AggregateError ? error.errors : [];
  return inner.map((each) => (each as Error).message).join('; ') || error.name;
}
