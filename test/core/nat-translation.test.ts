import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NatTranslation } from '../../services/core/nat-translation.ts';
import {
  decodeNatTranslation,
  encodeNatTranslation,
  natTranslationKey,
} from '../../services/core/nat-translation.ts';

const THROUGH_CLUSTER_IP: NatTranslation = {
  communityId: '1:real',
  observed: { source: { ip: '10.244.1.2', port: 40000 }, destination: { ip: '10.96.0.10', port: 80 } },
  source: { ip: '10.244.1.2', port: 40000 },
  destination: { ip: '10.244.2.3', port: 8080 },
  service: { namespace: 'shop', name: 'web', port: 80 },
  evidence: 'conntrack',
  atMs: 1_700_000_000_000,
};

const port = fc.integer({ min: 0, max: 65_535 });
const endpoint = fc.record({ ip: fc.oneof(fc.ipV4(), fc.ipV6()), port });
const translation: fc.Arbitrary<NatTranslation> = fc.record({
  communityId: fc.string(),
  observed: fc.record({ source: endpoint, destination: endpoint }),
  source: endpoint,
  destination: endpoint,
  service: fc.option(fc.record({ namespace: fc.string(), name: fc.string(), port }), { nil: undefined }),
  evidence: fc.constantFrom('conntrack', 'inferred'),
  atMs: fc.nat(),
});

describe('a translation in the cache', () => {
  test('is kept under the Community ID that was observed', () => {
    expect(natTranslationKey('1:abc=')).toBe('flowtap:nat:1:abc=');
  });

  test('is read back as it was written', () => {
    fc.assert(
      fc.property(translation, (value) => {
        expect(decodeNatTranslation(encodeNatTranslation(value))).toEqual(value);
      }),
    );
  });

  test('stays far below what a cache takes', () => {
    expect(encodeNatTranslation(THROUGH_CLUSTER_IP).length).toBeLessThan(300);
  });

  test.each([
    ['no JSON', 'x'],
    ['a list', '[]'],
    ['nothing', 'null'],
    ['another version', encodeNatTranslation(THROUGH_CLUSTER_IP).replace('"v":1', '"v":2')],
    ['evidence of another kind', encodeNatTranslation(THROUGH_CLUSTER_IP).replace('conntrack', 'guess')],
    ['a tuple that is too short', encodeNatTranslation(THROUGH_CLUSTER_IP).replace(',40000', '')],
    ['a port in words', encodeNatTranslation(THROUGH_CLUSTER_IP).replace('8080', '"http"')],
  ])('is nothing where the text is %s', (_what, text) => {
    expect(decodeNatTranslation(text)).toBeUndefined();
  });

  test('has no service where that part is not one', () => {
    const text = encodeNatTranslation(THROUGH_CLUSTER_IP).replace('"shop"', '7');
    expect(decodeNatTranslation(text)).toEqual({ ...THROUGH_CLUSTER_IP, service: undefined });
  });
});
