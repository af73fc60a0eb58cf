import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { EnrichedDocument } from '../../../services/enrichment/document/enriched-document.ts';
import type { BulkLimits } from '../../../services/enrichment/index/bulk-index.ts';
import { BulkIndex } from '../../../services/enrichment/index/bulk-index.ts';
import { INDEX_METRICS } from '../../../services/enrichment/index/index-metrics.ts';
import type { Clock } from '../../../services/runtime/clock.ts';
import { systemClock } from '../../../services/runtime/clock.ts';
import { MetricRegistry } from '../../../services/runtime/metrics.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';
import { ScriptedTarget } from '../../fakes/scripted-target.ts';
import { until } from '../../support/until.ts';

const LIMITS: BulkLimits = {
  maxBulkBytes: 10_000,
  maxBulkDocuments: 10,
  maxDelayMs: 5,
  concurrency: 2,
  maxQueuedBytes: 100_000,
  timeoutMs: 20_000,
};

/** Waits a hundredth of what it is asked for. */
const hastyClock: Clock = {
  now: () => systemClock.now(),
  sleep: (ms, signal) => systemClock.sleep(ms > 5000 ? ms : ms / 100, signal),
};

function create(limits: Partial<BulkLimits> = {}, clock = hastyClock) {
  const target = new ScriptedTarget();
  const registry = new MetricRegistry();
  const metrics = registry.define(INDEX_METRICS);
  const index = new BulkIndex({
    target,
    limits: { ...LIMITS, ...limits },
    metrics,
    clock,
    log: quietLogger(),
  });
  return { target, index, registry };
}

function setup(limits: Partial<BulkLimits> = {}, clock = hastyClock) {
  const made = create(limits, clock);
  onTestFinished(() => made.index.close());
  return made;
}

const never = new AbortController().signal;
const documents = (...ids: readonly string[]): EnrichedDocument[] =>
  ids.map((id) => ({ stream: 'logs-flowtap.flow-default', id, body: `{"id":"${id}"}` }));
const kinds = (outcomes: readonly { readonly kind: string }[]) => outcomes.map(({ kind }) => kind);

test('requests at the same time share a bulk', async () => {
  const { index, target } = setup();
  const answers = await Promise.all([
    index.write(documents('a', 'b'), never),
    index.write(documents('c'), never),
    index.write(documents('a'), never),
  ]);
  expect(answers.map(kinds)).toEqual([['created', 'created'], ['created'], ['duplicate']]);
  expect(target.bulks).toEqual([['a', 'b', 'c', 'a']]);
});

test.each<[string, Partial<BulkLimits>, number[]]>([
  ['documents', { maxBulkDocuments: 2 }, [2, 2, 1]],
  ['bytes', { maxBulkBytes: 220 }, [2, 2, 1]],
])('a bulk has so many %s at most', async (_what, limits, sizes) => {
  const { index, target } = setup(limits);
  expect(kinds(await index.write(documents('a', 'b', 'c', 'd', 'e'), never))).toEqual(
    Array(5).fill('created'),
  );
  expect(target.bulks.map(({ length }) => length)).toEqual(sizes);
  expect(target.mostRunning).toBeLessThanOrEqual(2);
});

test('only documents that the index asks for again are sent again', async () => {
  const { index, target, registry } = setup();
  target.answer = (sent, bulk) =>
    bulk < 3
      ? {
          kind: 'items',
          items: sent.map(({ id }) => ({
            status: id === 'b' ? 429 : id === 'c' ? 400 : 201,
            type: 't',
            reason: 'r',
          })),
        }
      : undefined;
  const outcomes = await index.write(documents('a', 'b', 'c'), never);
  expect(outcomes).toEqual([
    { kind: 'created' },
    { kind: 'created' },
    { kind: 'rejected', type: 't', reason: 'r' },
  ]);
  expect(target.bulks).toEqual([['a', 'b', 'c'], ['b'], ['b']]);
  expect(await registry.value('flowtap_enrichment_index_item_retries_total', { status: '429' })).toBe(2);
  expect(index.unavailable()).toBeUndefined();
});

test('a document that always breaks the index is refused, and its neighbours are not', async () => {
  const { index, target } = setup();
  target.answer = (sent) => ({
    kind: 'items',
    items: sent.map(({ id }) => ({ status: id === 'b' ? 500 : 201, type: 'npe' })),
  });
  expect(await index.write(documents('a', 'b'), never)).toMatchObject([
    { kind: 'created' },
    { kind: 'rejected', type: 'npe' },
  ]);
});

test('a bulk that is too large goes in parts; a document that is too large alone is refused', async () => {
  const { index, target } = setup();
  target.answer = (sent) =>
    sent.length > 2 || sent.some(({ id }) => id === 'huge')
      ? { kind: 'too_large', reason: '413' }
      : undefined;
  const outcomes = await index.write(documents('a', 'b', 'c', 'huge', 'd'), never);
  expect(kinds(outcomes)).toEqual(['created', 'created', 'created', 'rejected', 'created']);
});

test('while the index is away everybody can know; what waits is written when it is back', async () => {
  const { index, target } = setup();
  let isAway = true;
  target.answer = () =>
    isAway ? { kind: 'failed', reason: 'connection refused', retryAfterMs: 100 } : undefined;
  const writing = index.write(documents('a', 'b'), never);
  await until(() => target.bulks.length > 2);
  expect(index.unavailable()).toMatchObject({ reason: 'connection refused' });
  isAway = false;
  expect(kinds(await writing)).toEqual(['created', 'created']);
  expect(index.unavailable()).toBeUndefined();
});

test.each([3_600_000, Number.POSITIVE_INFINITY])(
  'an index that asks to wait for %d ms is asked again within a minute',
  async (retryAfterMs) => {
    const { index, target } = setup();
    target.answer = () => ({ kind: 'failed', reason: 'maintenance', retryAfterMs });
    const caller = new AbortController();
    const writing = index.write(documents('a'), caller.signal);
    // It has been asked before its answer is known.
    await until(() => index.unavailable() !== undefined);
    expect(index.unavailable()?.retryAfterMs).toBeLessThanOrEqual(60_000);
    caller.abort();
    expect(kinds(await writing)).toEqual(['retry']);
  },
);

test('an answer that was lost is no second document', async () => {
  const { index, target } = setup();
  const known = new Set<string>();
  target.answer = (sent, bulk) => {
    if (bulk > 1)
      return { kind: 'items', items: sent.map(({ id }) => ({ status: known.has(id) ? 409 : 201 })) };
    for (const { id } of sent.slice(0, 1)) known.add(id);
    return { kind: 'failed', reason: 'socket hang up', retryAfterMs: undefined };
  };
  expect(kinds(await index.write(documents('a', 'b'), never))).toEqual(['duplicate', 'created']);
});

test.each(['time', 'caller', 'close'])(
  'what has no outcome when the %s ends it is to be retried',
  async (what) => {
    const { index, target, registry } = setup(
      { timeoutMs: what === 'time' ? 6000 : 60_000 },
      {
        now: () => systemClock.now(),
        sleep: (ms, signal) => systemClock.sleep(ms === 6000 ? 30 : ms / 100 > 500 ? ms : ms / 100, signal),
      },
    );
    const gate = Promise.withResolvers<void>();
    target.gate = gate.promise;
    const caller = new AbortController();
    const writing = index.write(documents('a', 'b'), caller.signal);
    await until(() => target.running === 1);
    if (what === 'caller') caller.abort();
    if (what === 'close') void index.close();
    expect(kinds(await writing)).toEqual(['retry', 'retry']);
    gate.resolve();
    expect(await registry.value('flowtap_enrichment_index_queued_bytes')).toBe(0);
    if (what === 'close') expect(kinds(await index.write(documents('c'), never))).toEqual(['retry']);
    else expect(kinds(await index.write(documents('c'), never))).toEqual(['created']);
  },
);

test('beyond the bound nothing is queued', async () => {
  const { index, target, registry } = setup({ maxQueuedBytes: 250, concurrency: 1 });
  const gate = Promise.withResolvers<void>();
  target.gate = gate.promise;
  const first = index.write(documents('a', 'b'), never);
  expect(kinds(await index.write(documents('c'), never))).toEqual(['retry']);
  expect(await registry.value('flowtap_enrichment_index_queue_refusals_total')).toBe(1);
  gate.resolve();
  expect(kinds(await first)).toEqual(['created', 'created']);
  expect(kinds(await index.write(documents('c'), never))).toEqual(['created']);
});

test('whatever the index does, each document has one outcome, in its place', async () => {
  const status = fc.constantFrom(201, 201, 409, 400, 429, 500, 503, 404);
  const batch = fc.array(status, { minLength: 1, maxLength: 15 });
  const troubles = fc.array(fc.constantFrom('none', 'failed', 'too_large'), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 6 }), troubles, async (batches, bad) => {
      const { index, target } = create({ maxBulkDocuments: 4 });
      const tries = new Map<string, number>();
      target.answer = (sent, bulk) => {
        const trouble = bad[bulk - 1] ?? 'none';
        if (trouble === 'failed') return { kind: 'failed', reason: 'away', retryAfterMs: undefined };
        if (trouble === 'too_large' && sent.length > 1) return { kind: 'too_large', reason: '413' };
        const items = sent.map(({ id }) => {
          const count = (tries.get(id) ?? 0) + 1;
          tries.set(id, count);
          const first = Number(id.split('-')[0]);
          return { status: count > 1 && [429, 503, 404].includes(first) ? 201 : first };
        });
        return { kind: 'items', items };
      };
      const written = await Promise.all(
        batches.map((statuses, place) =>
          index.write(documents(...statuses.map((code, at) => `${code}-${place}-${at}`)), never),
        ),
      );
      const expected = {
        201: 'created',
        409: 'duplicate',
        400: 'rejected',
        429: 'created',
        500: 'rejected',
        503: 'created',
        404: 'created',
      };
      expect(written.map(kinds)).toEqual(
        batches.map((statuses) => statuses.map((code) => expected[code as 201])),
      );
      await index.close();
    }),
    { numRuns: 30 },
  );
});
