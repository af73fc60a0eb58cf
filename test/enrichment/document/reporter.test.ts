import { describe, expect, it } from 'vitest';
import { isRecord } from '../../../services/enrichment/document/reporter.ts';
import { CLUSTER, ofPod, podIdentity } from '../../fixtures/kubernetes-identities.ts';
import { observed, podSender, translation } from '../../fixtures/observed-flows.ts';
import { testEnricher } from '../../support/test-enricher.ts';

it.each([
  [true, true, 'source', true],
  [true, true, 'destination', false],
  [true, false, 'source', true],
  [false, true, 'source', false],
  [false, true, 'destination', true],
  [false, false, 'source', true],
  [false, false, 'destination', true],
  [true, true, undefined, true],
  [false, false, undefined, true],
] as const)(
  'client monitored %s, server monitored %s, seen from %s: counts %s',
  (client, server, from, expected) => {
    expect(isRecord(from, client, server)).toBe(expected);
  },
);

describe('a conversation counts once, whoever of its ends has a probe', () => {
  it.each([
    [true, true],
    [true, false],
    [false, true],
  ])('client %s, server %s', async (client, server) => {
    const { enricher, names } = testEnricher({}, [
      translation('10.42.3.1:40001', '10.96.0.10:80', '10.42.3.1:40001', '10.42.3.2:8080'),
    ]);
    names.rows = [
      ...CLUSTER,
      { ip: '10.42.3.1', fromMs: 0, identity: ofPod(podIdentity('c', { monitored: client })) },
      { ip: '10.42.3.2', fromMs: 0, identity: ofPod(podIdentity('s', { monitored: server })) },
    ];
    const documents = [
      ...(client
        ? await enricher.enrich([observed('10.42.3.1:40001', '10.96.0.10:80')], podSender('c', ['10.42.3.1']))
        : []),
      ...(server
        ? await enricher.enrich(
            [observed('10.42.3.1:40001', '10.42.3.2:8080', { direction: 'ingress' })],
            podSender('s', ['10.42.3.2']),
          )
        : []),
    ];
    const streams = documents.map(({ stream }) => stream);
    expect(streams.filter((stream) => stream === 'logs-flowtap.flow-default')).toHaveLength(1);
    expect(new Set(documents.map(({ body }) => JSON.parse(body).network.community_id)).size).toBe(1);
    expect(enricher.counters.documents).toMatchObject({ records: 1, peers: documents.length - 1 });
  });
});
