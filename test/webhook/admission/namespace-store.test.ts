import { afterEach, beforeEach, expect, it } from 'vitest';
import { MemoryObjectSource } from '../../../services/runtime/kubernetes/memory-object-source.ts';
import { NAMESPACES } from '../../../services/runtime/kubernetes/resource-kind.ts';
import { NamespaceStore } from '../../../services/webhook/admission/namespace-store.ts';
import { json, ScriptedApi } from '../../runtime/kubernetes/scripted-api.ts';

const ENABLED = { 'flowtap.dev/capture': 'enabled' };

let api: ScriptedApi;
let source: MemoryObjectSource;
let store: NamespaceStore;
let lookups: number;
let ending: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  api = await ScriptedApi.start();
  source = new MemoryObjectSource();
  ending = new AbortController();
  lookups = 0;
  store = new NamespaceStore({ source, api: api.client, onLookup: () => lookups++ });
  source.apply(NAMESPACES, {
    metadata: { uid: '1', name: 'shop', annotations: { ...ENABLED, 'example.com/huge': 'x' } },
  });
  running = store.run(ending.signal);
  await expect.poll(() => store.isListed).toBe(true);
});

afterEach(async () => {
  ending.abort();
  await running;
  await api.close();
});

it('knows namespaces as the API server lists them, with our annotations alone', async () => {
  expect(await store.get('shop', ending.signal)).toEqual({ name: 'shop', annotations: ENABLED });
  expect({ lookups, size: store.size }).toEqual({ lookups: 0, size: 1 });
});

it('follows changes', async () => {
  source.apply(NAMESPACES, { metadata: { uid: '1', name: 'shop', labels: ENABLED } });
  await expect.poll(() => store.get('shop', ending.signal)).toMatchObject({ labels: ENABLED });
  source.remove(NAMESPACES, '1');
  await expect.poll(() => store.size).toBe(0);
});

it('asks for one that it has not heard of yet', async () => {
  api.answer(json(200, { metadata: { uid: '2', name: 'new', annotations: ENABLED } }));
  expect(await store.get('new', ending.signal)).toEqual({ name: 'new', annotations: ENABLED });
  expect(api.requests.map(({ path }) => path)).toEqual(['/api/v1/namespaces/new']);
  expect(lookups).toBe(1);
});

it('tells one that does not exist from one that cannot be asked for', async () => {
  api.answer(json(404, {}), json(403, {}));
  expect(await store.get('gone', ending.signal)).toBeUndefined();
  await expect(store.get('secret', ending.signal)).rejects.toThrow('answered 403');
});
