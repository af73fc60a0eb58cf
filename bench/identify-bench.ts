import { pino } from 'pino';
import { PostgresNameSource } from '../services/enrichment/identify/postgres-name-source.ts';
import { MirrorStore } from '../services/kubeagent/mirror-store.ts';
import { MIRRORED_KINDS, project } from '../services/kubeagent/projection.ts';
import { isoTime } from '../services/kubeagent/stored-object.ts';
import { systemClock } from '../services/runtime/clock.ts';
import { migrate } from '../services/runtime/postgres/migrations.ts';
import { PgSql } from '../services/runtime/postgres/pg-sql.ts';
import type { Sql } from '../services/runtime/postgres/sql.ts';
import { startPostgres } from '../test/servers/postgres.ts';
import { largeCluster, podAddress } from './identify-cluster.ts';
import type { Table } from './table.ts';
import { decimal, integer } from './table.ts';

export interface IdentifyBench {
  readonly pods: number;
  /** Seconds for the first lists to be written. */
  readonly listSeconds: number;
  readonly changesASecond: number;
  /** Of a batch, in the server. */
  readonly server: Spread;
  /** Of a batch, as enrichment asks it. */
  readonly client: Spread;
  readonly plan: string;
}

interface Spread {
  readonly medianMs: number;
  readonly p95Ms: number;
}

const BATCH = 500;
const ROUNDS = 200;
const CHANGES = 5000;
const HOUR_MS = 3_600_000;

/** What `identify` runs first, so that its plan can be shown: the planner does not look into functions. */
const SEARCH = `
  select asked.n, i.* from unnest($1::inet[], $2::timestamptz[]) with ordinality as asked(address, at, n)
  join identities i on i.address = asked.address where not i.is_shared`;

/** Fills a new PostgreSQL with a large cluster, and asks it for pods at random times of its last hour. */
export async function benchIdentify(pods: number, progress: (text: string) => void): Promise<IdentifyBench> {
  const server = await startPostgres();
  const log = pino({ level: 'silent' });
  const sql = await PgSql.open({
    ...{ url: server.url, applicationName: 'bench', clock: systemClock, log },
    ...{ connections: 1, statementTimeoutMs: 0 },
  });
  try {
    await migrate(sql, log);
    const store = new MirrorStore(sql);
    await store.begin(
      'bench',
      MIRRORED_KINDS.map(({ kind }) => kind),
    );
    const atMs = systemClock.now();
    const sighting = { atMs, isLive: false, isGone: false };
    const cluster = largeCluster(pods, atMs);
    const listStart = performance.now();
    for (const [resource, objects] of cluster) {
      progress(`writing ${objects.length} ${resource.kind} objects`);
      const stored = objects.map((object) => project(resource, object, sighting, 0));
      await store.replace({
        kind: resource.kind,
        objects: stored,
        seenAt: isoTime(atMs),
        doubtTo: isoTime(atMs),
      });
    }
    const listSeconds = (performance.now() - listStart) / 1000;
    await sql.script('vacuum analyze');
    const changesASecond = await measureChanges(store, cluster, atMs);
    progress('asking');
    const [serverSpread, clientSpread] = [
      await measure(() => serverTime(sql, pods, atMs)),
      await measure(() => clientTime(sql, pods, atMs)),
    ];
    const plan = await planOf(sql, pods, atMs);
    return { pods, listSeconds, changesASecond, server: serverSpread, client: clientSpread, plan };
  } finally {
    await sql.close();
    await server.stop();
  }
}

export function identifyTable({ pods, listSeconds, changesASecond, server, client }: IdentifyBench): Table {
  return {
    head: [`${integer(pods)} pods`, 'median', '95 of 100'],
    rows: [
      [
        `identify ${BATCH} addresses, ms in the server`,
        decimal(server.medianMs, 2),
        decimal(server.p95Ms, 2),
      ],
      [`identify ${BATCH} addresses, ms in Node.js`, decimal(client.medianMs, 2), decimal(client.p95Ms, 2)],
      ['first lists written, s', decimal(listSeconds, 1), ''],
      ['changed pods written a second', integer(changesASecond), ''],
    ],
  };
}

async function measureChanges(
  store: MirrorStore,
  cluster: ReturnType<typeof largeCluster>,
  atMs: number,
): Promise<number> {
  const [resource, pods] = cluster.find(([{ kind }]) => kind === 'Pod') ?? cluster[0];
  const changed = pods.slice(0, CHANGES).map((pod) => {
    const labels = { ...pod.metadata.labels, changed: 'yes' };
    return project(
      resource,
      { ...pod, metadata: { ...pod.metadata, labels } },
      { atMs, isLive: true, isGone: false },
      0,
    );
  });
  const start = performance.now();
  for (let from = 0; from < changed.length; from += BATCH) {
    const objects = changed.slice(from, from + BATCH);
    await store.write([{ kind: resource.kind, objects, changedAt: isoTime(atMs) }]);
  }
  return changed.length / ((performance.now() - start) / 1000);
}

async function measure(once: () => Promise<number>): Promise<Spread> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await once());
  times.sort((a, b) => a - b);
  return { medianMs: times[ROUNDS >> 1], p95Ms: times[Math.floor(ROUNDS * 0.95)] };
}

/** EXPLAIN ANALYZE says how long the server took, and sends no rows. */
async function serverTime(sql: Sql, pods: number, atMs: number): Promise<number> {
  const rows = await sql.query<{ 'QUERY PLAN': [{ 'Execution Time': number }] }>(
    'explain (analyze, timing off, format json) select * from identify($1::inet[], $2::timestamptz[])',
    randomBatch(pods, atMs),
  );
  return rows[0]['QUERY PLAN'][0]['Execution Time'];
}

async function clientTime(sql: Sql, pods: number, atMs: number): Promise<number> {
  const [addresses, times] = randomBatch(pods, atMs);
  const queries = addresses.map((ip, index) => ({ ip, atMs: Date.parse(times[index]) }));
  const start = performance.now();
  const answers = await new PostgresNameSource(sql).identify(queries);
  const elapsedMs = performance.now() - start;
  const known = answers.filter((answer) => answer !== undefined && answer !== 'contested').length;
  if (known !== BATCH) throw new Error(`Only ${known} of ${BATCH} addresses were known.`);
  return elapsedMs;
}

async function planOf(sql: Sql, pods: number, atMs: number): Promise<string> {
  const rows = await sql.query<{ 'QUERY PLAN': string }>(
    `explain (analyze) ${SEARCH}`,
    randomBatch(pods, atMs),
  );
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

function randomBatch(pods: number, atMs: number): [string[], string[]] {
  const addresses = Array.from({ length: BATCH }, () => podAddress(Math.floor(Math.random() * pods)));
  return [addresses, addresses.map(() => isoTime(atMs - Math.random() * (HOUR_MS - 10_000)))];
}
