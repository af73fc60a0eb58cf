import { describe, expect, test } from 'vitest';
import type { NatTranslation } from '../../../services/core/nat-translation.ts';
import { encodeNatTranslation, natTranslationKey } from '../../../services/core/nat-translation.ts';
import type { TranslationStore } from '../../../services/enrichment/translate/translation-store.ts';
import type { Cache } from '../../../services/runtime/memcached/cache.ts';
import { NO_ANSWER } from '../../../services/runtime/memcached/cache.ts';
import { MapCache } from '../../../services/runtime/memcached/map-cache.ts';
import { CachedTranslationStore } from '../../../services/runtime/memcached/translation-store.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const translation = (evidence: NatTranslation['evidence'], port = 8080): NatTranslation => ({
  communityId: '1:real',
  observed: { source: { ip: '10.0.0.1', port: 1 }, destination: { ip: '10.96.0.1', port: 80 } },
  source: { ip: '10.0.0.1', port: 1 },
  destination: { ip: '10.0.0.2', port },
  service: { namespace: 'shop', name: 'web', port: 80 },
  evidence,
  atMs: 5,
});
const entry = (of: NatTranslation) => ({ id: '1:seen', translation: of, ttlSeconds: 60 });

describe('CachedTranslationStore', () => {
  test.each([
    { there: undefined, kept: 'added' },
    { there: 'inferred', kept: 'added' },
    { there: 'conntrack', kept: 'what was there' },
    { there: 'nonsense', kept: 'added' },
  ] as const)('add where there is $there keeps what is $kept', async ({ there, kept }) => {
    const cache = new MapCache(new ManualClock(), 10);
    const value = there === 'nonsense' ? 'x' : there && encodeNatTranslation(translation(there, 1));
    if (value !== undefined)
      await cache.setMany([{ key: natTranslationKey('1:seen'), value, ttlSeconds: 60 }]);
    // What enrichment asks for.
    const store: TranslationStore = new CachedTranslationStore(cache);
    await store.add([entry(translation('inferred'))]);
    const [found] = await store.getMany(['1:seen']);
    expect(found).toEqual(kept === 'added' ? translation('inferred') : translation('conntrack', 1));
  });

  test('gives undefined for what is not there, or not a translation', async () => {
    const cache = new MapCache(new ManualClock(), 10);
    await cache.setMany([{ key: natTranslationKey('1:bad'), value: '{}', ttlSeconds: 60 }]);
    expect(await new CachedTranslationStore(cache).getMany(['1:none', '1:bad'])).toEqual([
      undefined,
      undefined,
    ]);
  });

  test.each(['1:with space', `1:${'x'.repeat(250)}`, '1:ü', '1:\n'])(
    'does not ask for %j, at which memcached would hang up',
    async (id) => {
      const map = new MapCache(new ManualClock(), 10);
      const asked: string[] = [];
      const cache: Cache = {
        ...silent(map),
        getMany: (keys) => {
          asked.push(...keys);
          return map.getMany(keys);
        },
        addMany: (entries) => map.addMany(entries),
      };
      const store = new CachedTranslationStore(cache);
      await store.add([{ ...entry(translation('inferred')), id }, entry(translation('inferred'))]);
      expect(map.size).toBe(1);
      expect(await store.getMany([id, '1:seen', id])).toEqual([
        undefined,
        translation('inferred'),
        undefined,
      ]);
      expect(await store.getMany([id])).toEqual([undefined]);
      expect(asked).toEqual([natTranslationKey('1:seen')]);
    },
  );

  test('rejects where no server answers, and only there', async () => {
    const map = new MapCache(new ManualClock(), 10);
    const down: Cache = { ...silent(map), getMany: async (keys) => keys.map(() => NO_ANSWER) };
    const store = new CachedTranslationStore(down);
    await expect(store.getMany(['1:a', '1:b'])).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
    await expect(store.add([entry(translation('inferred'))])).rejects.toMatchObject({
      code: 'CACHE_UNAVAILABLE',
    });
    expect(await store.getMany([])).toEqual([]);
    const half: Cache = { ...silent(map), getMany: async () => [NO_ANSWER, undefined] };
    expect(await new CachedTranslationStore(half).getMany(['1:a', '1:b'])).toEqual([undefined, undefined]);
  });
});

function silent(cache: Cache): Cache {
  return {
    serverCount: 1,
    serverOf: () => 0,
    getMany: (keys) => cache.getMany(keys),
    setMany: async (entries) => entries.map(() => NO_ANSWER),
    addMany: async (entries) => entries.map(() => NO_ANSWER),
    touchMany: async (entries) => entries.map(() => NO_ANSWER),
    close: () => undefined,
  };
}
