import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CachedLossExchange } from '../../../services/enrichment/document/cached-loss-exchange.ts';
import type {
  DirectionState,
  LossExchange,
  LossObservation,
  PublishedObservation,
} from '../../../services/enrichment/document/loss-exchange.ts';
import { MemoryLossExchange } from '../../../services/enrichment/document/memory-loss-exchange.ts';
import { systemClock } from '../../../services/runtime/clock.ts';
import { MemcachedCache } from '../../../services/runtime/memcached/memcached-cache.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';
import { sequence, tcpSide } from '../../fixtures/flow-records.ts';
import { CART, observed, WEB } from '../../fixtures/observed-flows.ts';
import type { TestMemcached } from '../../servers/memcached.ts';
import { memcachedUnavailable, startMemcached } from '../../servers/memcached.ts';
import { testEnricher } from '../../support/test-enricher.ts';

const unavailable = memcachedUnavailable();

const servers: TestMemcached[] = [];
const caches: MemcachedCache[] = [];

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

beforeAll(async () => {
  if (unavailable === undefined) servers.push(...(await Promise.all([startMemcached(), startMemcached()])));
});

afterEach(() => {
  for (const cache of caches.splice(0)) cache.close();
});

afterAll(() => Promise.all(servers.map((server) => server.stop())));

/** An exchange as another replica has it: over connections of its own. */
function connect(): CachedLossExchange {
  const addresses = servers.map(({ address }) => {
    const [host, port] = address.split(':');
    return { host, port: Number(port) };
  });
  const quick = { timeoutMs: 5000, pauseMs: 10, maxPauseMs: 20 };
  const cache = new MemcachedCache(addresses, { clock: systemClock, log: quietLogger(), ...quick });
  caches.push(cache);
  return new CachedLossExchange(cache);
}

const state = (initial: number): DirectionState => ({
  ...{ initial, repeatedBytes: 1, missingChange: -2, missingBytes: 3, skippedBytes: 4, reorderedBytes: 5 },
});
const observation = (eventId: string, some: Partial<LossObservation> = {}): LossObservation => ({
  ...{ eventId, source: state(1), destination: state(2), isLossy: false },
  ...some,
});
const KEY = {
  communityId: '1:c',
  pair: '10.0.0.1>10.0.0.2',
  window: '2026-01-15T10:03:00.000Z',
  from: 'source',
} as const;
const published = (some: Partial<PublishedObservation>): PublishedObservation => ({
  ...{ ...KEY, observation: observation('e') },
  ...some,
});

describe('what one publishes another finds, in memory and in a cache:', () => {
  const CASES: Readonly<
    Record<string, [before: readonly PublishedObservation[], key: object, found: LossObservation | undefined]>
  > = {
    'both directions': [[published({})], {}, observation('e')],
    'one direction, and a probe that missed packets': [
      [published({ observation: observation('e', { source: undefined, isLossy: true }) })],
      {},
      observation('e', { source: undefined, isLossy: true }),
    ],
    'the same record twice': [[published({}), published({})], {}, observation('e')],
    'two records of one end': [
      [published({}), published({ observation: observation('another') })],
      {},
      undefined,
    ],
    'two records of one end, the first again': [
      [published({}), published({ observation: observation('another') }), published({})],
      {},
      undefined,
    ],
    'the other end': [[published({ from: 'destination' })], {}, undefined],
    'another window': [[published({ window: '2026-01-15T10:03:10.000Z' })], {}, undefined],
    'another connection': [[published({ communityId: '1:d' })], {}, undefined],
    nothing: [[], {}, undefined],
  };
  test.each(Object.entries(CASES))('%s', async (name, [before, key, found]) => {
    const of = <Key extends { readonly communityId: string }>(one: Key): Key => ({
      ...one,
      communityId: `${one.communityId}/${name}`,
    });
    const memory = new MemoryLossExchange(100);
    const shared: readonly LossExchange[] = [connect(), connect()];
    for (const [index, one] of before.entries()) {
      await memory.publish([of(one)]);
      await shared[index % 2].publish([of(one)]);
    }
    const wanted = of({ ...KEY, ...key });
    expect(await shared[1].find([wanted])).toEqual([found]);
    expect(await memory.find([wanted])).toEqual([found && { ...found, eventId: '' }]);
  });
});

test('what several batches of any size say of many pairs and connections is all found, each once', async () => {
  const [one, other] = [connect(), connect()];
  const all = Array.from({ length: 9000 }, (_, index) =>
    published({
      communityId: `1:many-${index}`,
      pair: index % 3 === 0 ? 'a>b' : `a>${index % 50}`,
      observation: observation(`e${index}`),
    }),
  );
  await one.publish(all.slice(0, 8000));
  await one.publish(all.slice(8000));
  // Another record of some of them, and the same ones again.
  const doubled = all.slice(100, 130);
  await other.publish(doubled.map((each) => ({ ...each, observation: observation('another') })));
  await other.publish(all.slice(8000));
  const found = await other.find(all);
  const isDoubled = (index: number): boolean => index >= 100 && index < 130;
  expect(found).toEqual(all.map((each, index) => (isDoubled(index) ? undefined : each.observation)));
});

test('text that no cache takes for a key is found nowhere, and harms nothing else', async () => {
  const exchange = connect();
  const odd = ['a b', 'a\r\nflush_all', 'x'.repeat(300), 'é'];
  const windows = [...odd, '2026-01-15T10:04:00.000Z'];
  const all = windows.map((window) => published({ window }));
  await exchange.publish(all);
  const found = await exchange.find(all);
  expect(found.map((each) => each !== undefined)).toEqual([...odd.map(() => false), true]);
});

describe('two enrichments', () => {
  const side = (repeatedBytes: number) => ({
    ...{ packets: 10, bytes: 15_000, address: '', port: undefined },
    tcp: tcpSide({ sequence: sequence({ payloadBytes: 14_480, repeatedBytes }) }),
  });
  const at = (direction: 'egress' | 'ingress', repeatedBytes: number) =>
    observed('10.42.1.17:40001', '10.42.2.23:8080', {
      direction,
      source: side(repeatedBytes),
      destination: side(0),
    });
  const replica = () => {
    const quick = { settleMs: 0, translationWaitMs: 0, portTimeoutMs: 10_000, portPauseMs: 1 };
    return testEnricher({ losses: connect(), clock: systemClock, ...quick }).enricher;
  };
  const lossIn = ({ body }: { readonly body: string }) => JSON.parse(body).flowtap.loss?.source;

  test('pair the records of both ends, when each got one of them', async () => {
    const [one, other] = [replica(), replica()];
    await other.enrich([at('ingress', 500)], CART);
    const [client] = await one.enrich([at('egress', 2000)], WEB);
    const [server] = await other.enrich([at('ingress', 500)], CART);
    expect([lossIn(client), lossIn(server)]).toEqual(Array(2).fill({ bytes: 1500, evidence: 'both' }));
    expect([one, other].map(({ counters }) => counters.loss.paired)).toEqual([1, 1]);
  });

  test('say what one end tells while the cache is away, count that, and pair again when it is back', async () => {
    const [one, other] = [replica(), replica()];
    await Promise.all(servers.map((server) => server.kill()));
    await other.enrich([at('ingress', 500)], CART);
    const [alone] = await one.enrich([at('egress', 2000)], WEB);
    expect(lossIn(alone)).toEqual({ bytes: 2000, evidence: 'sender' });
    expect(one.counters.ports.loss.failures).toBeGreaterThan(0);
    await Promise.all(servers.map((server) => server.restart()));
    const pair = async (): Promise<unknown> => {
      await other.enrich([at('ingress', 500)], CART);
      return lossIn((await one.enrich([at('egress', 2000)], WEB))[0]);
    };
    await expect.poll(pair, { timeout: 10_000 }).toEqual({ bytes: 1500, evidence: 'both' });
  });
});
