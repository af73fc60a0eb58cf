import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FollowOptions } from '../../../services/cli/observe/follow-flows.ts';
import { followFlows } from '../../../services/cli/observe/follow-flows.ts';
import { FlowtapError } from '../../../services/runtime/errors.ts';
import type { GrowingDocument } from '../../fakes/growing-documents.ts';
import { GrowingDocuments } from '../../fakes/growing-documents.ts';

const START_MS = 1_768_471_200_000;
const LATE_MS = 10_000;
const INTERVAL_MS = 1000;

interface Run {
  readonly taken: readonly string[];
  readonly said: readonly string[];
}

/** Follows for some intervals; before each look, `at` may change what is visible. */
async function follow(
  documents: GrowingDocuments,
  intervals: number,
  at: (interval: number, nowMs: number) => void,
  some: Partial<FollowOptions> = {},
): Promise<Run> {
  const taken: string[] = [];
  const said: string[] = [];
  const ending = new AbortController();
  let nowMs = START_MS;
  let interval = 0;
  const clock = {
    now: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
      interval++;
      if (interval >= intervals) ending.abort();
      else at(interval, nowMs);
    },
  };
  at(0, nowMs);
  await followFlows({
    search: documents,
    query: documents.query,
    begin: async () => true,
    take: async (hits) => {
      taken.push(...hits.map(({ id }) => id));
      return true;
    },
    say: (text) => void said.push(text),
    clock,
    signal: ending.signal,
    ...{ intervalMs: INTERVAL_MS, lateMs: LATE_MS, maxSeen: 1000, ...some },
  });
  return { taken, said };
}

const made = (id: string, secondsBeforeStart: number, index = 'one'): GrowingDocument => ({
  id,
  index,
  atMs: START_MS - secondsBeforeStart * 1000,
});

test('what was there is not taken, what comes is', async () => {
  const documents = new GrowingDocuments();
  const { taken, said } = await follow(documents, 4, (interval) => {
    if (interval === 0) documents.visible.push(made('old', 100), made('before', 1));
    if (interval === 1) documents.visible.push(made('a', 0.5), made('b', 0));
    if (interval === 2) documents.visible.push(made('late', 9), made('c', -1));
  });
  expect(taken).toEqual(['a', 'b', 'late', 'c']);
  expect(said).toEqual([]);
});

test('of nothing, all is taken that comes', async () => {
  const documents = new GrowingDocuments();
  const { taken } = await follow(documents, 3, (interval) => {
    if (interval === 1) documents.visible.push(made('long-ago', 10_000), made('a', 0));
  });
  expect(taken).toEqual(['long-ago', 'a']);
});

test('a copy in another index is not taken again', async () => {
  const documents = new GrowingDocuments();
  const { taken } = await follow(documents, 5, (interval) => {
    if (interval === 1) documents.visible.push(made('a', 0));
    if (interval === 2) documents.visible.push(made('a', -1, 'two'), made('b', -1));
  });
  expect(taken).toEqual(['a', 'b']);
});

test('a clock that runs ahead hides nothing', async () => {
  const documents = new GrowingDocuments();
  const { taken } = await follow(documents, 6, (interval) => {
    if (interval === 0) documents.visible.push(made('ahead-before', -3600));
    if (interval === 1) documents.visible.push(made('ahead', -7200));
    if (interval > 1) documents.visible.push(made(`on-time-${interval}`, -interval));
  });
  expect(taken).toEqual(['ahead', 'on-time-2', 'on-time-3', 'on-time-4', 'on-time-5']);
});

test('what comes too late is told of, once', async () => {
  const documents = new GrowingDocuments();
  const { taken, said } = await follow(documents, 300, (interval, nowMs) => {
    documents.visible.push({ id: `${interval}`, index: 'one', atMs: nowMs });
    if (interval === 30) documents.visible.push(made('too-late', 5), made('too-late-too', 6));
  });
  expect(taken).toEqual(Array.from({ length: 299 }, (_, index) => `${index + 1}`));
  expect(said).toEqual(['2 flows came too late to be shown; --late is how long is waited for them.']);
});

test('what did not change is not read again', async () => {
  const documents = new GrowingDocuments();
  await follow(documents, 50, (interval) => {
    if (interval === 1) for (let id = 0; id < 100; id++) documents.visible.push(made(`${id}`, id / 20));
  });
  // All of them once, and what was made in the newest second at each look.
  expect(documents.fetched).toBeLessThan(100 + 50 * 21);
});

test('more flows than are remembered: that is said, and nothing is taken twice', async () => {
  const documents = new GrowingDocuments();
  const { taken, said } = await follow(
    documents,
    20,
    (interval, nowMs) => {
      for (let id = 0; id < 10; id++)
        documents.visible.push({ id: `${interval}-${id}`, index: 'one', atMs: nowMs });
    },
    { maxSeen: 30 },
  );
  expect(new Set(taken).size).toBe(taken.length);
  expect(taken).toHaveLength(190);
  expect(said).toEqual([expect.stringMatching(/^There are more than 30 flows in the time of --late/)]);
});

describe('Elasticsearch is away', () => {
  const away = new FlowtapError('ELASTICSEARCH_UNAVAILABLE', 'elasticsearch', 'It is not reached.');

  test('it is tried again, ever less often, and nothing is missed', async () => {
    const documents = new GrowingDocuments();
    const { taken, said } = await follow(documents, 10, (interval) => {
      documents.trouble = interval > 1 && interval < 6 ? away : undefined;
      if (interval === 1) documents.visible.push(made('a', 0));
      if (interval === 4) documents.visible.push(made('b', -1));
    });
    expect(taken).toEqual(['a', 'b']);
    expect(said).toEqual([
      'It is not reached. Trying again until it answers.',
      expect.stringMatching(/^Elasticsearch answers again, after \d+ s\.$/),
    ]);
  });

  test('what waiting does not mend ends it', async () => {
    const documents = new GrowingDocuments();
    documents.trouble = new FlowtapError('ELASTICSEARCH_REFUSED', 'elasticsearch', 'No.');
    await expect(follow(documents, 3, () => undefined)).rejects.toMatchObject({
      code: 'ELASTICSEARCH_REFUSED',
    });
  });
});

test('whatever is visible in time is taken, exactly once', async () => {
  const visit = fc.record({
    /** When it was made, after the begin. */
    madeAfterMs: fc.integer({ min: 0, max: 20_000 }),
    /** When it becomes visible after that. */
    delayMs: fc.integer({ min: 0, max: LATE_MS - 2 * INTERVAL_MS }),
    index: fc.constantFrom('one', 'two'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(visit, { maxLength: 40 }), async (visits) => {
      const documents = new GrowingDocuments();
      const pending = visits.map(({ madeAfterMs, delayMs, index }, id) => ({
        visibleAtMs: START_MS + 500 + madeAfterMs + delayMs,
        document: { id: `${id}`, index, atMs: START_MS + 500 + madeAfterMs },
      }));
      const { taken, said } = await follow(documents, 40, (_interval, nowMs) => {
        for (const [at, each] of [...pending.entries()].reverse()) {
          if (each.visibleAtMs > nowMs) continue;
          documents.visible.push(each.document);
          pending.splice(at, 1);
        }
      });
      expect([...taken].sort()).toEqual(visits.map((_, id) => `${id}`).sort());
      expect(said).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
