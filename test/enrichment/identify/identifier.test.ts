import { describe, expect, it } from 'vitest';
import { CLUSTER, ofPod, podIdentity, SINCE_MS } from '../../fixtures/kubernetes-identities.ts';
import { observed, WEB, WINDOW } from '../../fixtures/observed-flows.ts';
import { testEnricher } from '../../support/test-enricher.ts';

const toDatabase = () => observed('10.42.1.17:40001', '10.42.2.40:5432');
const bodyOf = async ({ enricher }: ReturnType<typeof testEnricher>, event = toDatabase()) =>
  JSON.parse((await enricher.enrich([event], WEB))[0].body);

describe('names', () => {
  it('cost one round trip a batch, each address once, and none while they are remembered', async () => {
    const { enricher, names } = testEnricher();
    await enricher.enrich([toDatabase(), toDatabase(), observed('10.42.2.40:1', '10.42.2.23:80')], WEB);
    expect(names.asked).toHaveLength(1);
    expect(new Set(names.asked[0].map(({ ip }) => ip)).size).toBe(3);
    await enricher.enrich([toDatabase()], WEB);
    expect(names.asked).toHaveLength(1);
  });

  it('are asked again for a later time than they are sure for, and after a notification', async () => {
    const test = testEnricher();
    await bodyOf(test);
    test.enricher.identitiesChanged('10.42.2.40,10.9.9.9');
    await bodyOf(test);
    expect(test.names.asked[1].map(({ ip }) => ip)).toEqual(['10.42.2.40', '10.42.2.40']);
    test.enricher.identitiesChanged('*');
    await bodyOf(test);
    expect(new Set(test.names.asked[2].map(({ ip }) => ip)).size).toBe(2);
  });

  it('wait until what the store says of the last packet is settled, and no longer', async () => {
    const test = testEnricher();
    const started = test.clock.now();
    await bodyOf(test);
    // The window ended a second before.
    expect(test.clock.now() - started).toBe(999);
    const again = test.clock.now();
    await bodyOf(test);
    expect(test.clock.now()).toBe(again);
  });

  it('of a pod whose address changed hands in the record are unknown', async () => {
    const test = testEnricher();
    const middle = WINDOW.startMs + 5000;
    const old = { ip: '10.42.2.40', fromMs: SINCE_MS, toMs: middle, identity: ofPod(podIdentity('old')) };
    const next = { ip: '10.42.2.40', fromMs: middle, identity: ofPod(podIdentity('next')) };
    test.names.rows = [...CLUSTER.filter(({ ip }) => ip !== old.ip), old, next];
    expect((await bodyOf(test)).flowtap.destination).toEqual({ named_by: 'unknown' });
    expect(test.enricher.counters.identity.changedHands).toBe(1);
  });

  it.each([
    ['nobody else is known to have had', [], 'interval'],
    ['another one may have had', ['next', 'third'], 'unknown'],
  ])('of a pod whose address %s when the record ended', async (_, others, namedBy) => {
    const test = testEnricher();
    const middle = WINDOW.startMs + 5000;
    const ip = '10.42.2.40';
    const rows = others.map((name) => ({ ip, fromMs: middle, identity: ofPod(podIdentity(name)) }));
    const old = { ip, fromMs: SINCE_MS, toMs: middle, identity: ofPod(podIdentity('old')) };
    test.names.rows = [...CLUSTER.filter((row) => row.ip !== ip), old, ...rows];
    expect((await bodyOf(test)).flowtap.destination).toEqual({ named_by: namedBy });
  });

  it.each([
    ['the same one', 'next', 'interval'],
    ['another one', 'old', 'unknown'],
  ])(
    'of a pod that had the address when the record ended, and %s may have had it before',
    async (_, before, namedBy) => {
      const test = testEnricher();
      const middle = WINDOW.startMs + 5000;
      const ip = '10.42.2.40';
      const possible = {
        ip,
        fromMs: SINCE_MS,
        toMs: middle,
        identity: ofPod(podIdentity(before)),
        isPossible: true,
      };
      const next = { ip, fromMs: middle, identity: ofPod(podIdentity('next')) };
      test.names.rows = [...CLUSTER.filter((row) => row.ip !== ip), possible, next];
      expect((await bodyOf(test)).flowtap.destination).toMatchObject({ named_by: namedBy });
    },
  );

  it('of a pod whose labels changed in the record are as they are at its end', async () => {
    const test = testEnricher();
    const middle = WINDOW.startMs + 5000;
    const row = (version: string, fromMs: number, toMs?: number) => ({
      ...{ ip: '10.42.2.40', fromMs, toMs },
      identity: ofPod(podIdentity('db-0', { labels: { version } })),
    });
    test.names.rows = [
      ...CLUSTER.filter(({ ip }) => ip !== '10.42.2.40'),
      row('1', 0, middle),
      row('2', middle),
    ];
    expect((await bodyOf(test)).destination.kubernetes.version).toBe('2');
  });

  it('of the own pod are nobody’s when the store has another one at its address', async () => {
    const test = testEnricher();
    const other = { ip: '10.42.1.17', fromMs: SINCE_MS, identity: ofPod(podIdentity('before')) };
    test.names.rows = [...CLUSTER.filter(({ ip }) => ip !== other.ip), other];
    const body = await bodyOf(test);
    expect(body.source.kubernetes).toBeUndefined();
    expect(body.flowtap.source).toEqual({ named_by: 'unknown' });
  });

  it.each([
    ['fails', () => Promise.reject(new Error('down'))],
    ['hangs', () => new Promise<never>(() => undefined)],
  ])('are missing where the store %s, and the document says so', async (_name, trouble) => {
    const test = testEnricher();
    test.names.trouble = trouble;
    const body = await bodyOf(test, observed('10.42.1.17:40001', '203.0.113.9:443'));
    expect(body.flowtap).toMatchObject({
      source: { named_by: 'self' },
      destination: { named_by: 'unknown' },
      enrichment: { degraded: ['names'] },
    });
  });

  it('that are remembered keep a conversation from counting twice while the store is away', async () => {
    const test = testEnricher();
    const seenByServer = () => observed('10.42.2.40:40001', '10.42.1.17:80', { direction: 'ingress' });
    test.names.rows = CLUSTER.map((row) =>
      row.ip === '10.42.2.40' ? { ...row, identity: ofPod(podIdentity('db-0', { monitored: true })) } : row,
    );
    await test.enricher.enrich([seenByServer()], WEB);
    test.names.trouble = () => Promise.reject(new Error('down'));
    test.enricher.identitiesChanged('*');
    const [{ stream, body }] = await test.enricher.enrich([seenByServer()], WEB);
    expect([stream, JSON.parse(body).flowtap.source.named_by]).toEqual(['flowtap-peer-default', 'unknown']);
  });

  it('of many addresses take bounded memory', async () => {
    const { enricher } = testEnricher({ rememberedAddresses: 100 });
    for (let n = 0; n < 1000; n++) {
      await enricher.enrich([observed('10.42.1.17:40001', `10.7.${n >> 8}.${n & 255}:80`)], WEB);
    }
    expect(enricher.counters.rememberedAddresses).toBeLessThanOrEqual(100);
  });
});
