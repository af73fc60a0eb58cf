import { describe, expect, it } from 'vitest';
import { observed, translation, WEB } from '../../fixtures/observed-flows.ts';
import { testEnricher } from '../../support/test-enricher.ts';

const THROUGH = translation('10.42.1.17:40001', '10.96.0.10:80', '10.42.1.17:40001', '10.42.2.23:8080');
const client = (some = {}) => observed('10.42.1.17:40001', '10.96.0.10:80', some);
const unanswered = () =>
  client({ destination: { address: '', port: 80, packets: 0, bytes: 0, tcp: undefined } });
const later = { flowStart: { seconds: 1_768_471_300, nanoseconds: 1 } };

async function destinations(
  enricher: ReturnType<typeof testEnricher>['enricher'],
  events: ReturnType<typeof client>[],
) {
  return (await enricher.enrich(events, WEB)).map(({ body }) => JSON.parse(body).destination.ip);
}

describe('translations', () => {
  it('cost one round trip a batch, each id once', async () => {
    const { enricher, store } = testEnricher({}, [THROUGH]);
    const events = [
      client(),
      client({ protocol: 17 }),
      client(),
      observed('10.42.1.17:1', '10.42.2.23:8080'),
    ];
    expect(await destinations(enricher, events)).toEqual([
      '10.42.2.23',
      '10.96.0.10',
      '10.42.2.23',
      '10.42.2.23',
    ]);
    expect(store.asked[0]).toHaveLength(3);
    expect(new Set(store.asked[0]).size).toBe(3);
  });

  it('of a connection that lives on are remembered, and not those of another one with its ports', async () => {
    const { enricher, store, clock } = testEnricher({}, [THROUGH]);
    await destinations(enricher, [client(later)]);
    const asked = store.asked.length;
    expect(await destinations(enricher, [client(later)])).toEqual(['10.42.2.23']);
    expect(store.asked.length).toBe(asked);
    const [id, next] = translation(
      '10.42.1.17:40001',
      '10.96.0.10:80',
      '10.42.1.17:40001',
      '10.42.2.40:8080',
    );
    store.entries.set(id, next);
    expect(await destinations(enricher, [client()])).toEqual(['10.42.2.40']);
    clock.advance(120_000);
    expect(await destinations(enricher, [client(later)])).toEqual(['10.42.2.40']);
  });

  it('that belong to another tuple change nothing', async () => {
    const [id] = THROUGH;
    const [, other] = translation('10.42.1.99:1', '10.96.0.10:80', '10.42.1.99:1', '10.42.2.40:8080');
    const { enricher } = testEnricher({}, [[id, other]]);
    expect(await destinations(enricher, [client()])).toEqual(['10.96.0.10']);
    expect(enricher.counters.translation).toMatchObject({ mismatches: expect.any(Number), translated: 0 });
  });

  it('that come a little later are waited for, once for all flows', async () => {
    const { enricher, store, clock } = testEnricher({ settleMs: 0 });
    const started = clock.now();
    const [id, entry] = THROUGH;
    const look = store.getMany.bind(store);
    store.getMany = (ids) => {
      if (store.asked.length === 1) store.entries.set(id, entry);
      return look(ids);
    };
    expect(await destinations(enricher, [client(), client()])).toEqual(['10.42.2.23', '10.42.2.23']);
    expect(clock.now() - started).toBeLessThanOrEqual(2000);
    expect(store.asked).toHaveLength(2);
  });

  it('that never come let the flow go after the wait, and it is counted', async () => {
    const { enricher, store, clock } = testEnricher({ settleMs: 0 });
    const started = clock.now();
    expect(await destinations(enricher, [client()])).toEqual(['10.96.0.10']);
    expect(clock.now() - started).toBe(2000);
    expect(store.asked).toHaveLength(3);
    expect(enricher.counters.documents.untranslated).toBe(1);
  });

  it('that came meanwhile are found for a window without the answer, and waited for with the next one', async () => {
    const [id, entry] = THROUGH;
    for (const [events, waitMs] of [
      [[unanswered()], 0],
      [[unanswered(), client()], 1000],
    ] as const) {
      const { enricher, store, clock } = testEnricher({ settleMs: 0 });
      const started = clock.now();
      const look = store.getMany.bind(store);
      store.getMany = (ids) => {
        if (store.asked.length === 1) store.entries.set(id, entry);
        return look(ids);
      };
      expect(await destinations(enricher, [...events])).toEqual(events.map(() => '10.42.2.23'));
      expect(clock.now() - started).toBe(waitMs);
    }
  });

  it.each([
    ['nobody answered', unanswered(), 0],
    ['comes late', client(), 60_000],
  ])('are not waited for where the flow %s', async (_name, event, lateMs) => {
    const { enricher, clock } = testEnricher({ settleMs: 0 });
    clock.advance(lateMs);
    const started = clock.now();
    await destinations(enricher, [event]);
    expect(clock.now()).toBe(started);
  });

  it('that a port cannot give are missing, and the document says so', async () => {
    const { enricher, store } = testEnricher({}, [THROUGH]);
    store.trouble = () => Promise.reject(new Error('down'));
    const [{ body }] = await enricher.enrich([client()], WEB);
    expect(JSON.parse(body).flowtap.enrichment).toEqual({ degraded: ['nat'] });
    expect(enricher.counters.documents.degraded).toBe(1);
  });
});
