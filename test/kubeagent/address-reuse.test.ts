import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batchOf } from '../../services/kubeagent/batch.ts';
import { MirrorStore } from '../../services/kubeagent/mirror-store.ts';
import { PODS } from '../../services/runtime/kubernetes/resource-kind.ts';
import type { PodLife } from './address-life.ts';
import { addressLives } from './address-life.ts';
import type { TestDatabase } from './database.ts';
import { DATABASES, openDatabase } from './database.ts';
import { identify, nameOf } from './identity-query.ts';

const ROUNDS = 200;
const ADDRESS = '10.244.1.7';
const START_MS = Date.parse('2026-03-01T10:00:00.000Z');

/** How late events come at most, and how late a node says that a pod ended: what `--settle` stands for. */
const DELAY_MS = 800;
const SETTLE_MS = DELAY_MS + 2000;

/** A linear congruential generator, so that a failure can be repeated. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function holderAt(lives: readonly PodLife[], atMs: number): string | undefined {
  return lives.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)?.name;
}

describe.each(DATABASES)('an address that pods take over from one another at once, on %s', (name) => {
  let database: TestDatabase | string;
  beforeAll(async () => {
    database = await openDatabase(name);
  }, 60_000);
  afterAll(async () => {
    if (typeof database !== 'string') await database?.close();
  });

  test(`${ROUNDS} rounds give not one wrong name, looked up soon or late`, {
    timeout: 120_000,
  }, async (context) => {
    if (typeof database === 'string') return context.skip(database);
    const { sql } = database;
    const random = seeded(20_260_301);
    const lives = addressLives(ADDRESS, ROUNDS, START_MS, random);
    const store = new MirrorStore(sql);
    await store.begin('test', ['Pod']);
    // A watch keeps the order of what happened, but may be late.
    const reports = lives.flatMap((life) => life.reports).sort((a, b) => a.atMs - b.atMs);
    const wrong: string[] = [];
    const tally = { asked: 0, named: 0 };
    const ask = async (times: readonly number[], when: string): Promise<number> => {
      const rows = await identify(
        sql,
        times.map((atMs) => [ADDRESS, atMs] as const),
      );
      for (const [index, row] of rows.entries()) {
        const holder = holderAt(lives, times[index]);
        const answer = nameOf(row);
        if (answer !== undefined && holder !== undefined && answer !== holder) {
          wrong.push(`${when}: ${answer} instead of ${holder} at ${new Date(times[index]).toISOString()}`);
        }
      }
      return rows.filter((row) => row !== undefined).length;
    };
    let arrivedMs = START_MS;
    for (const { atMs, event } of reports) {
      const nextMs = Math.max(arrivedMs, atMs + random() * DELAY_MS);
      // Before the event comes, everything is known that happened until some time ago.
      const horizonMs = nextMs - SETTLE_MS;
      await ask(
        [0, 150, 700, 2500, 9000].map((ms) => horizonMs - ms),
        'soon',
      );
      arrivedMs = nextMs;
      await store.write(batchOf([{ resource: PODS, event, atMs: arrivedMs }], 0));
    }
    const times: number[] = [];
    for (const { fromMs, toMs } of lives) {
      for (let atMs = fromMs; atMs < toMs; atMs += 40) times.push(atMs);
    }
    for (let start = 0; start < times.length; start += 500) {
      const some = times.slice(start, start + 500);
      tally.asked += some.length;
      tally.named += await ask(some, 'late');
    }
    expect(wrong).toEqual([]);
    // Pods of 2 to 9 seconds, while the API tells whole seconds: near each change nobody can know.
    expect(tally.named / tally.asked).toBeGreaterThan(0.5);
  });
});
