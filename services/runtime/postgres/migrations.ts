import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlowtapError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Sql, SqlSession } from './sql.ts';

/** One file of sql/. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly text: string;
}

/** Any number, but the same in all versions: holds off other migrators of this database. */
const LOCK = 4_209_231_977;

/** Beside the bundle, or beside the sources. */
const FOLDERS = [join(import.meta.dirname, 'sql'), join(import.meta.dirname, '..', '..', '..', 'sql')];

/** Brings the tables and functions to this version, all or nothing. Safe to call again, and from several processes at once. */
export async function migrate(sql: Sql, log: Logger, migrations = readMigrations()): Promise<void> {
  const applied = await sql.transaction(async (session) => {
    await session.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await session.script(`
      create table if not exists flowtap_migrations (
        number integer primary key,
        name text not null,
        checksum text not null,
        applied_at timestamptz not null default now()
      )`);
    return await applyMissing(session, migrations);
  });
  if (applied.length > 0) log.info({ applied }, 'state store migrated');
}

async function applyMissing(session: SqlSession, migrations: readonly Migration[]): Promise<string[]> {
  const known = await session.query<{ number: number; name: string; checksum: string }>(
    'select number, name, checksum from flowtap_migrations',
  );
  const byNumber = new Map(known.map((row) => [row.number, row]));
  const newest = migrations.at(-1)?.number ?? 0;
  const newer = known.find(({ number }) => number > newest);
  if (newer !== undefined) {
    throw failed(
      `The state store was made by a newer version (it has ${newer.name}); use that, or another database.`,
    );
  }
  const applied: string[] = [];
  for (const { number, name, text } of migrations) {
    const checksum = createHash('sha256').update(text).digest('hex');
    const there = byNumber.get(number);
    if (there !== undefined && there.checksum !== checksum) {
      throw failed(
        `The state store was made with another ${there.name} than this version's; use another database.`,
      );
    }
    if (there !== undefined) continue;
    await session.script(text);
    await session.query('insert into flowtap_migrations (number, name, checksum) values ($1, $2, $3)', [
      number,
      name,
      checksum,
    ]);
    applied.push(name);
  }
  return applied;
}

/** The files of sql/ by their numbers, which run from 1 without a gap. */
export function readMigrations(folder = FOLDERS.find((candidate) => existsSync(candidate))): Migration[] {
  if (folder === undefined) throw failed('The folder sql is missing from this installation.');
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  const migrations = names.sort().map((name) => ({
    number: Number.parseInt(name, 10),
    name: name.slice(0, -'.sql'.length),
    text: readFileSync(join(folder, name), 'utf8'),
  }));
  const wrong = migrations.find(({ number }, index) => number !== index + 1);
  if (wrong !== undefined) throw failed(`The migration ${wrong.name} does not follow on the one before.`);
  return migrations;
}

function failed(message: string): FlowtapError {
  return new FlowtapError('MIGRATION_FAILED', 'postgres', message);
}
