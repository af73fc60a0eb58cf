import { expect, it } from 'vitest';
import { CART, observed, translation, WEB } from '../../fixtures/observed-flows.ts';
import { testEnricher } from '../../support/test-enricher.ts';

const INFERS = { inferTranslations: true, settleMs: 0, translationWaitMs: 0 };
const atServer = () => observed('10.42.1.17:40001', '10.42.2.23:8080', { direction: 'ingress' });
const atClient = () => observed('10.42.1.17:40001', '10.96.0.10:80');

it('writes a translation for each address of the family under which the port is called', async () => {
  const { enricher, store } = testEnricher(INFERS);
  await enricher.enrich([atServer()], CART);
  const [id, expected] = translation(
    ...(['10.42.1.17:40001', '10.96.0.10:80', '10.42.1.17:40001', '10.42.2.23:8080'] as const),
    { evidence: 'inferred', atMs: expect.any(Number) as unknown as number },
  );
  expect([...store.entries]).toEqual([[id, expected]]);
});

it.each([
  ['another port of the pod', observed('10.42.1.17:40001', '10.42.2.23:9090', { direction: 'ingress' })],
  ['UDP', observed('10.42.1.17:40001', '10.42.2.23:8080', { direction: 'ingress', protocol: 17 })],
  ['what the pod calls itself', observed('10.42.2.23:40001', '10.42.2.40:8080')],
])('writes nothing for %s', async (_name, event) => {
  const { enricher, store } = testEnricher(INFERS);
  await enricher.enrich([event], CART);
  expect(store.entries.size).toBe(0);
});

it('writes nothing for a pod that the state store does not take for the sender', async () => {
  const { enricher, store } = testEnricher(INFERS);
  await enricher.enrich([atServer()], { ...CART, pod: { ...CART.pod!, uid: 'another' } });
  expect(store.entries.size).toBe(0);
});

it('writes nothing for another pod’s address, whatever the probe says of its own', async () => {
  const { enricher, store } = testEnricher(INFERS);
  const another = observed('10.42.1.17:40002', '10.42.1.18:8080', { direction: 'ingress' });
  await enricher.enrich([atServer(), another], { ...CART, ips: ['10.42.2.23', '10.42.1.18'] });
  const servers = [...store.entries.values()].map(({ destination }) => destination.ip);
  expect(servers).toEqual(['10.42.2.23']);
});

it('says what the real tuple’s Community ID is, whatever the event says', async () => {
  const { enricher, store } = testEnricher(INFERS);
  const event = atServer();
  event.network!.community_id = '1:anything';
  await enricher.enrich([event], CART);
  const [id, expected] = translation(
    ...(['10.42.1.17:40001', '10.96.0.10:80', '10.42.1.17:40001', '10.42.2.23:8080'] as const),
  );
  expect(store.entries.get(id)?.communityId).toBe(expected.communityId);
});

it('tries again where the state store did not answer at first', async () => {
  const { enricher, store, names, clock } = testEnricher({ ...INFERS, settleMs: 5000 });
  names.trouble = () => {
    names.trouble = undefined;
    return Promise.reject(new Error('down'));
  };
  const event = atServer();
  event.event!.end = new Date(clock.now()).toISOString();
  await enricher.enrich([event], CART);
  expect(store.entries.size).toBe(1);
});

it('replaces what was inferred for a connection that had the ports before, never what the kernel said', async () => {
  const { enricher, store } = testEnricher(INFERS);
  const before = translation('10.42.1.17:40001', '10.96.0.10:80', '10.42.1.17:40001', '10.42.2.99:8080', {
    evidence: 'inferred',
  });
  store.entries.set(...before);
  await enricher.enrich([atServer()], CART);
  const [{ body }] = await enricher.enrich([atClient()], WEB);
  expect(JSON.parse(body).destination.ip).toBe('10.42.2.23');
});

it('writes a living connection once in a while only', async () => {
  const { enricher, clock } = testEnricher(INFERS);
  for (let window = 0; window < 60; window++) {
    await enricher.enrich([atServer()], CART);
    clock.advance(10_000);
  }
  expect(enricher.counters.inference.entries).toBe(1);
  clock.advance(600_000);
  await enricher.enrich([atServer()], CART);
  expect(enricher.counters.inference.entries).toBe(2);
});
