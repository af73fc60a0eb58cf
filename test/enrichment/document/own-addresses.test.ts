import { describe, expect, test } from 'vitest';
import type { AddressIdentity } from '../../../services/core/kubernetes-identity.ts';
import type { Sender } from '../../../services/enrichment/document/sender.ts';
import { CLUSTER, ofNode, ofPod, podIdentity } from '../../fixtures/kubernetes-identities.ts';
import { observed, podSender } from '../../fixtures/observed-flows.ts';
import { testEnricher } from '../../support/test-enricher.ts';

const OWN = '10.42.3.1';
const OTHER = '10.42.1.17';
const PROXY = '192.168.10.5';

/** What the state store says of the sender's address. */
const IDENTITIES = {
  'the sender': ofPod(podIdentity('mine')),
  'another pod': ofPod(podIdentity('another')),
  'its node': ofNode('node-of-mine'),
  'another node': ofNode('node-b'),
  nobody: undefined,
} satisfies Record<string, AddressIdentity | undefined>;

interface Case {
  readonly claims: readonly string[];
  /** Where the connection came from; `believed`: no token names the pod. */
  readonly from: string | 'believed';
  readonly store: keyof typeof IDENTITIES | 'away';
  readonly named: string | undefined;
  readonly namedBy: string;
  readonly disputed?: number;
}

const mine = { named: 'mine', namedBy: 'self' };
const nobody = { named: undefined, namedBy: 'unknown' };
const another = { named: 'another', namedBy: 'interval' };

const CASES: Readonly<Record<string, Case>> = {
  'claimed, connected from it, and the store agrees': {
    ...{ claims: [OWN], from: OWN, store: 'the sender' },
    ...mine,
  },
  'through a proxy, and the store agrees': { claims: [OWN], from: PROXY, store: 'the sender', ...mine },
  'not claimed, but the store knows': { claims: [], from: PROXY, store: 'the sender', ...mine },
  'connected from it, and the store knows nobody': { claims: [OWN], from: OWN, store: 'nobody', ...mine },
  'connected from it in another form': {
    ...{ claims: [`::ffff:${OWN}`], from: `::ffff:${OWN}`, store: 'nobody' },
    ...mine,
  },
  'connected from it, and the store is away': { claims: [OWN], from: OWN, store: 'away', ...mine },
  'through a proxy, and the store knows nobody': { claims: [OWN], from: PROXY, store: 'nobody', ...nobody },
  'through a proxy, and the store is away': { claims: [OWN], from: PROXY, store: 'away', ...nobody },
  'not claimed, though connected from it': { claims: [], from: OWN, store: 'nobody', ...nobody },
  'another pod’s, claimed': {
    ...{ claims: [OWN], from: PROXY, store: 'another pod' },
    ...another,
    disputed: 1,
  },
  'another pod’s, claimed and connected from it': {
    ...{ claims: [OWN], from: OWN, store: 'another pod' },
    ...nobody,
    disputed: 1,
  },
  'another pod’s, not claimed': { claims: [], from: PROXY, store: 'another pod', ...another },
  'its node’s': { claims: [OWN], from: OWN, store: 'its node', named: undefined, namedBy: 'node' },
  'another node’s': { claims: [OWN], from: OWN, store: 'another node', named: undefined, namedBy: 'node' },
  'believed, and the store knows nobody': { claims: [OWN], from: 'believed', store: 'nobody', ...mine },
  'believed without an address': { claims: [], from: 'believed', store: 'nobody', ...mine },
  'believed, but another pod’s': {
    ...{ claims: [OWN], from: 'believed', store: 'another pod' },
    ...nobody,
    disputed: 1,
  },
};

function sender({ claims, from }: Case): Sender {
  return podSender('mine', claims, from === 'believed' ? {} : { provenIps: [from] });
}

describe('the sender’s own end is named only if that is proven:', () => {
  test.each(Object.entries(CASES))('%s', async (_name, tried) => {
    for (const direction of ['egress', 'ingress'] as const) {
      const { enricher, names } = testEnricher();
      const identity = tried.store === 'away' ? undefined : IDENTITIES[tried.store];
      names.rows = [...CLUSTER, ...(identity === undefined ? [] : [{ ip: OWN, fromMs: 0, identity }])];
      if (tried.store === 'away') names.trouble = () => Promise.reject(new Error('down'));
      const [source, destination] = [`${OWN}:40001`, `${OTHER}:80`];
      const event =
        direction === 'egress'
          ? observed(source, destination, { direction })
          : observed(destination, source, { direction });
      const [{ body }] = await enricher.enrich([event], sender(tried));
      const document = JSON.parse(body);
      const end = direction === 'egress' ? 'source' : 'destination';
      expect([document.flowtap[end].named_by, document[end].kubernetes?.pod?.name]).toEqual([
        tried.namedBy,
        tried.named,
      ]);
      expect(enricher.counters.documents.disputed).toBe(tried.disputed ?? 0);
    }
  });

  test('what the store said of it before counts while the store is away', async () => {
    const { enricher, names } = testEnricher();
    names.rows = [...CLUSTER, { ip: OWN, fromMs: 0, identity: ofPod(podIdentity('mine')) }];
    const throughProxy = podSender('mine', [OWN], { provenIps: [PROXY] });
    await enricher.enrich([observed(`${OWN}:1`, `${OTHER}:80`)], throughProxy);
    enricher.identitiesChanged('*');
    names.trouble = () => Promise.reject(new Error('down'));
    const [{ body }] = await enricher.enrich([observed(`${OWN}:2`, `${OTHER}:80`)], throughProxy);
    expect(JSON.parse(body).flowtap.source.named_by).toBe('self');
  });
});

test('a conversation that both ends sent through a proxy counts once while the store is away', async () => {
  const { enricher, names } = testEnricher();
  const [client, server] = ['10.42.3.1', '10.42.3.2'];
  const monitored = (name: string, ip: string) => ({
    ...{ ip, fromMs: 0, identity: ofPod(podIdentity(name, { monitored: true })) },
  });
  names.rows = [monitored('c', client), monitored('s', server)];
  const send = async (port: number): Promise<readonly string[]> => {
    const some = { provenIps: [PROXY] };
    const ends = [`${client}:${port}`, `${server}:80`] as const;
    const seen = [
      ...(await enricher.enrich([observed(...ends)], podSender('c', [client], some))),
      ...(await enricher.enrich(
        [observed(...ends, { direction: 'ingress' })],
        podSender('s', [server], some),
      )),
    ];
    return seen.map(({ stream }) => stream);
  };
  await send(40_001);
  names.trouble = () => Promise.reject(new Error('down'));
  expect(await send(40_002)).toEqual(['logs-flowtap.flow-default', 'flowtap-peer-default']);
});
