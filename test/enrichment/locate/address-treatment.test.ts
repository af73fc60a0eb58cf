import { describe, expect, it } from 'vitest';
import type { EcsFlow } from '../../../services/enrichment/document/ecs-flow.ts';
import { AddressBook } from '../../../services/enrichment/locate/address.ts';
import { AddressTreatment } from '../../../services/enrichment/locate/address-treatment.ts';
import { CART, observed, translation, WEB } from '../../fixtures/observed-flows.ts';
import { testEnricher } from '../../support/test-enricher.ts';

const book = new AddressBook(10);
const SECRET = '203.0.113.9';

describe('an address', () => {
  it.each([
    ['truncate', '203.0.113.9', /^203\.0\.113\.0$/],
    ['truncate', '2606:4700:1:2::1', /^2606:4700:1::$/],
    ['hash', '203.0.113.9', /^2001:db8(:[0-9a-f]{0,4}){2,6}$/],
    ['drop', '203.0.113.9', /^undefined$/],
  ] as const)('%s: %s', (treatment, ip, expected) => {
    expect(String(new AddressTreatment({ treatment, key: 'k' }).address(book.read(ip)!))).toMatch(expected);
  });

  it('has one pseudonym for a key, and another one for another key', () => {
    const hash = (key: string, ip: string) =>
      new AddressTreatment({ treatment: 'hash', key }).address(book.read(ip)!);
    expect(hash('a', SECRET)).toBe(hash('a', SECRET));
    expect(hash('a', SECRET)).not.toBe(hash('b', SECRET));
    expect(hash('a', SECRET)).not.toBe(hash('a', '203.0.113.8'));
  });
});

describe.each(['truncate', 'hash', 'drop'] as const)('documents with %s', (treatment) => {
  const options = { publicAddresses: { treatment, key: 'k' } } as const;

  it.each([
    ['to it', () => observed('10.42.1.17:40001', `${SECRET}:443`), WEB, []],
    ['from it', () => observed(`${SECRET}:40001`, '10.42.2.23:8080', { direction: 'ingress' }), CART, []],
    [
      'from it through a node',
      () => observed('192.168.10.5:50001', '10.42.2.23:8080', { direction: 'ingress' }),
      CART,
      [translation('192.168.10.5:50001', '10.42.2.23:8080', `${SECRET}:40001`, '10.42.2.23:8080')],
    ],
    [
      'of another sender that repeats it',
      () => ({
        '@timestamp': '2026-01-15T10:03:10.000Z',
        source: { ip: '10.42.1.17', port: 1, address: '10.42.1.17' },
        destination: { ip: SECRET, port: 443, address: SECRET, nat: { ip: SECRET } },
        server: { ip: SECRET },
        related: { ip: ['10.42.1.17', `::ffff:${SECRET}`, SECRET] },
        event: { original: `a line with ${SECRET}` },
        network: { transport: 'tcp' },
      }),
      { name: 'other', lossy: false },
      [],
    ],
  ] as const)('say it nowhere: %s', async (_name, event, sender, translations) => {
    const { enricher } = testEnricher(options, translations);
    const plain = testEnricher({}, translations);
    const input = event();
    const id = (input as EcsFlow).network?.community_id;
    const [{ body, id: documentId }] = await enricher.enrich([input], sender);
    const [open] = await plain.enricher.enrich([event()], sender);
    expect(open.body).toContain(SECRET);
    expect(body).not.toContain(SECRET);
    // Nor the ids that everybody could compute for all addresses.
    const openIds = JSON.parse(open.body).network.community_id;
    expect(body).not.toContain(openIds);
    if (treatment !== 'truncate' && id !== undefined && translations.length === 0)
      expect(body).not.toContain(id);
    expect(documentId).not.toBe(open.id);
    expect(JSON.parse(body).network.community_id).toMatch(/^1:[A-Za-z0-9+/]{27}=$/);
  });

  it('keep all other addresses, and the ids of flows without it', async () => {
    const { enricher } = testEnricher(options);
    const event = observed('10.42.1.17:40001', '10.42.2.40:5432');
    const { community_id } = event.network!;
    const [{ body }] = await enricher.enrich([event], WEB);
    expect(JSON.parse(body)).toMatchObject({
      network: { community_id },
      source: { ip: '10.42.1.17' },
      destination: { ip: '10.42.2.40' },
    });
  });
});
