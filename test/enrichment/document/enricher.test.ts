import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EcsFlow } from '../../../services/enrichment/document/ecs-flow.ts';
import { DOCUMENT_CASES } from '../../fixtures/document-cases.ts';
import { observed, translation, WEB } from '../../fixtures/observed-flows.ts';
import { testEnricher } from '../../support/test-enricher.ts';

const THROUGH = translation('10.42.1.17:40001', '10.96.0.10:80', '10.42.1.17:40001', '10.42.2.23:8080');

describe('a batch', () => {
  it('gives a document for each event, in their order', async () => {
    const { enricher } = testEnricher({}, [THROUGH]);
    const events = [1, 2, 3, 4].map((port) => observed(`10.42.1.17:${port}`, '10.42.2.40:5432'));
    const documents = await enricher.enrich(events, WEB);
    expect(documents.map(({ body }) => JSON.parse(body).source.port)).toEqual([1, 2, 3, 4]);
    expect(await enricher.enrich([], WEB)).toEqual([]);
  });

  it('goes out as many bytes and packets as came in, whatever is turned round', async () => {
    const count = fc.nat({ max: 1_000_000 });
    const flow = fc.record({
      kind: fc.constantFrom('straight', 'turned', 'plain', 'outside'),
      ...{ sent: count, got: count, packetsSent: count, packetsGot: count },
    });
    await fc.assert(
      fc.asyncProperty(fc.array(flow, { maxLength: 20 }), async (flows) => {
        const { enricher } = testEnricher({}, [THROUGH]);
        const events = flows.map(({ kind, sent, got, packetsSent, packetsGot }) => {
          const side = (bytes: number, packets: number) => ({
            bytes,
            packets,
            address: '',
            port: 0,
            tcp: undefined,
          });
          const some = { source: side(sent, packetsSent), destination: side(got, packetsGot) };
          if (kind === 'straight') return observed('10.42.1.17:40001', '10.96.0.10:80', some);
          if (kind === 'turned') return observed('10.96.0.10:80', '10.42.1.17:40001', some);
          return observed('10.42.1.17:40001', kind === 'plain' ? '10.42.2.40:1' : '203.0.113.9:1', some);
        });
        const before = events.map((event) => [endsOf(event), event.network!.bytes, event.network!.packets]);
        const after = (await enricher.enrich(events, WEB)).map(({ body }) => {
          const event = JSON.parse(body) as EcsFlow;
          return [endsOf(event), event.network!.bytes, event.network!.packets];
        });
        expect(after).toEqual(before);
      }),
      { numRuns: 50 },
    );
  });
});

/** What each end sent, in an order of their own. */
function endsOf({ source, destination }: EcsFlow): readonly string[] {
  return [source, destination].map(({ bytes, packets }) => `${bytes}/${packets}`).sort();
}

describe('a document’s id', () => {
  const idOf = async (event: EcsFlow, sender = WEB, options = {}) =>
    (await testEnricher(options).enricher.enrich([event], sender))[0].id;
  const event = () => observed('10.42.1.17:40001', '10.42.2.40:5432');

  it('is the same for the same event of the same pod, whoever enriches it and when', async () => {
    const { probe: _run, ...pod } = WEB;
    expect(await idOf(event())).toBe(await idOf(event()));
    expect(await idOf(event())).toBe(await idOf(event(), pod));
  });

  it('is another one for another event, pod or cluster', async () => {
    const ids = [
      await idOf(event()),
      await idOf(observed('10.42.1.17:40002', '10.42.2.40:5432')),
      await idOf(event(), { ...WEB, pod: { ...WEB.pod!, uid: 'another' } }),
      await idOf(event(), WEB, { cluster: 'another' }),
      await idOf(event(), { name: 'somebody', lossy: false }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[\w-]{27}$/);
  });

  it('of an event without one is that of its content', async () => {
    const plain = (bytes: number): EcsFlow => ({
      '@timestamp': '2026-01-15T10:03:10.000Z',
      source: { ip: '10.0.0.1', bytes },
      destination: { ip: '10.0.0.2' },
    });
    const other = { name: 'somebody', lossy: false };
    expect(await idOf(plain(1), other)).toBe(await idOf(plain(1), other));
    expect(await idOf(plain(1), other)).not.toBe(await idOf(plain(2), other));
  });
});

describe('a hostile event', () => {
  it.each<[string, unknown]>([
    ['groups that are none', { event: 1, network: 'x', related: [], flowtap: null, observer: 3, host: 'h' }],
    ['lists that are none', { related: { ip: 'x', hosts: 7 }, event: { type: 'x' } }],
    ['times that are none', { '@timestamp': 'now', event: { start: 'then', end: '-1' } }],
    ['numbers as text', { network: { iana_number: 'many' } }],
    ['addresses that are none', { source: { ip: 'nowhere' }, destination: {} }],
    ['forged names', { flowtap: { source: { named_by: 'self' }, loss: { source: { bytes: 1 } }, nat: {} } }],
    ['a prototype', JSON.parse('{"__proto__":{"x":1}}')],
  ])('with %s has a document', async (_name, some) => {
    const { enricher } = testEnricher();
    const event = { ...observed('10.42.1.17:40001', '10.42.2.40:5432'), ...(some as object) } as EcsFlow;
    const [{ body }] = await enricher.enrich([event], { name: 'somebody', lossy: false });
    const { flowtap } = JSON.parse(body);
    expect(flowtap.nat ?? flowtap.loss).toBeUndefined();
    expect(flowtap.source.named_by).not.toBe('self');
  });
});

it('documents have every field of the event that is not replaced', async () => {
  for (const { event, sender, translations, options } of DOCUMENT_CASES) {
    if (options?.publicAddresses !== undefined) continue;
    const { enricher } = testEnricher(options, translations);
    const before = event();
    const names = Object.keys(before).filter((name) => name !== 'data_stream');
    const [{ body }] = await enricher.enrich([event()], sender);
    expect(Object.keys(JSON.parse(body))).toEqual(expect.arrayContaining(names));
  }
});
