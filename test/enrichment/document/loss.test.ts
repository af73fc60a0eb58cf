import { describe, expect, it } from 'vitest';
import { directionLoss } from '../../../services/enrichment/document/loss.ts';
import type { DirectionState } from '../../../services/enrichment/document/loss-exchange.ts';
import { MemoryLossExchange } from '../../../services/enrichment/document/memory-loss-exchange.ts';
import { MissingBytes } from '../../../services/enrichment/document/missing-bytes.ts';
import { sequence, tcpSide } from '../../fixtures/flow-records.ts';
import { CART, observed, podSender, WEB } from '../../fixtures/observed-flows.ts';
import { testEnricher } from '../../support/test-enricher.ts';

const state = (some: Partial<DirectionState> = {}): DirectionState => ({
  ...{ initial: 1, repeatedBytes: 0, missingChange: 0, missingBytes: 0, skippedBytes: 0, reorderedBytes: 0 },
  ...some,
});

describe('the loss of a direction', () => {
  it.each([
    ['nothing, as both say', state(), state(), false, { bytes: 0, evidence: 'both' }],
    [
      'sent again, one of it without need',
      state({ repeatedBytes: 3000 }),
      state({ repeatedBytes: 1000 }),
      false,
      { bytes: 2000, evidence: 'both' },
    ],
    [
      'still missing',
      state(),
      state({ missingChange: 500, missingBytes: 500 }),
      false,
      { bytes: 500, evidence: 'both' },
    ],
    [
      'made good in a later window',
      state({ repeatedBytes: 500 }),
      state({ missingChange: -500 }),
      false,
      { bytes: 0, evidence: 'both' },
    ],
    [
      'of two that began elsewhere',
      state(),
      state({ initial: 2 }),
      false,
      { bytes: 0, evidence: 'both', unreliable: true },
    ],
    [
      'where the sender’s probe missed packets',
      state({ skippedBytes: 9 }),
      state(),
      false,
      { bytes: 0, evidence: 'both', unreliable: true },
    ],
    [
      'where a probe says so itself',
      state(),
      state(),
      true,
      { bytes: 0, evidence: 'both', unreliable: true },
    ],
    [
      'by the sender alone',
      state({ repeatedBytes: 700 }),
      undefined,
      false,
      { bytes: 700, evidence: 'sender' },
    ],
    [
      'by the receiver alone',
      undefined,
      state({ skippedBytes: 3000, reorderedBytes: 1000 }),
      false,
      { bytes: 2000, evidence: 'receiver' },
    ],
    ['by the sender alone, who saw none', state(), undefined, false, undefined],
    ['by the receiver alone, who saw none', undefined, state({ repeatedBytes: 5 }), false, undefined],
    ['by nobody', undefined, undefined, false, undefined],
  ] as const)('%s', (_name, sender, receiver, isLossy, expected) => {
    expect(directionLoss(sender, receiver, isLossy)).toEqual(expected);
  });
});

describe('what was missing before', () => {
  it('is what the window before left, also for a record that is sent again', () => {
    const missing = new MissingBytes(100);
    expect(missing.before('f', 'w1', 0, 0)).toEqual({ source: 0, destination: 0 });
    expect(missing.before('f', 'w2', 500, 7)).toEqual({ source: 0, destination: 0 });
    expect(missing.before('f', 'w3', 100, 0)).toEqual({ source: 500, destination: 7 });
    expect(missing.before('f', 'w3', 100, 0)).toEqual({ source: 500, destination: 7 });
    expect(missing.before('f', 'w4', 0, 0)).toEqual({ source: 100, destination: 0 });
    expect(missing.before('f', 'w5', 0, 0)).toEqual({ source: 0, destination: 0 });
    expect(missing.size).toBe(0);
  });
});

describe('both ends’ records', () => {
  const side = (some: object) => ({
    ...{ packets: 10, bytes: 15_000, address: '', port: undefined },
    tcp: tcpSide({ sequence: sequence({ payloadBytes: 14_480, ...some }) }),
  });
  const at = (direction: 'egress' | 'ingress', source: object) =>
    observed('10.42.1.17:40001', '10.42.2.23:8080', {
      direction,
      source: side(source),
      destination: side({}),
    });
  const lossIn = ({ body }: { readonly body: string }) => JSON.parse(body).flowtap.loss?.source;

  it('both have the loss, when both came before either went out', async () => {
    const { enricher } = testEnricher();
    const [[client], [server]] = await Promise.all([
      enricher.enrich([at('egress', { repeatedBytes: 2000 })], WEB),
      enricher.enrich([at('ingress', { repeatedBytes: 500, skippedBytes: 1500 })], CART),
    ]);
    expect([lossIn(client), lossIn(server)]).toEqual(Array(2).fill({ bytes: 1500, evidence: 'both' }));
    expect(enricher.counters.loss).toEqual({ observed: 2, paired: 2 });
  });

  it('are paired again when one of them is sent again', async () => {
    const { enricher } = testEnricher();
    for (let time = 0; time < 2; time++) {
      await enricher.enrich([at('ingress', { repeatedBytes: 500 })], CART);
      const [client] = await enricher.enrich([at('egress', { repeatedBytes: 2000 })], WEB);
      expect(lossIn(client)).toEqual({ bytes: 1500, evidence: 'both' });
    }
  });

  it('are not paired where one end has two in the window', async () => {
    const { enricher } = testEnricher();
    await enricher.enrich([at('ingress', {})], CART);
    await enricher.enrich(
      [at('ingress', {})],
      podSender('cart-5f', ['10.42.2.23'], { pod: { ...CART.pod!, uid: 'b' } }),
    );
    const [client] = await enricher.enrich([at('egress', { repeatedBytes: 2000 })], WEB);
    expect(lossIn(client)).toEqual({ bytes: 2000, evidence: 'sender' });
  });

  it('take bounded memory', async () => {
    const exchange = new MemoryLossExchange(1000);
    const observation = { eventId: 'e', source: state(), destination: state(), isLossy: false };
    for (let window = 0; window < 30; window++) {
      const published = Array.from({ length: 300 }, (_, n) => ({
        ...{ communityId: `c${n}`, pair: 'p', window: `w${window}`, from: 'source' as const, observation },
      }));
      await exchange.publish(published);
      expect(exchange.size).toBeLessThanOrEqual(1000);
    }
    const key = { communityId: 'c299', pair: 'p', from: 'source' } as const;
    const found = await exchange.find([
      { ...key, window: 'w29' },
      { ...key, window: 'w1' },
    ]);
    expect(found).toEqual([{ ...observation, eventId: '' }, undefined]);
  });
});
