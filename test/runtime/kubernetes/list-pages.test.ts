import { afterEach, beforeEach, expect, test } from 'vitest';
import { listPages } from '../../../services/runtime/kubernetes/list-pages.ts';
import { PODS } from '../../../services/runtime/kubernetes/resource-kind.ts';
import { json, listOf, ScriptedApi } from './scripted-api.ts';

let api: ScriptedApi;
beforeEach(async () => (api = await ScriptedApi.start()));
afterEach(() => api.close());

const signal = new AbortController().signal;

async function pages(): Promise<string[]> {
  const names: string[] = [];
  const query = { fieldSelector: 'status.phase!=Failed' };
  for await (const page of listPages(api.client, PODS, { pageSize: 2, signal, query })) {
    names.push(page.map(({ metadata }) => metadata.name).join());
  }
  return names;
}

test('pages come one after the other, each asked for when it is wanted', async () => {
  api.answer(listOf(['a', 'b'], '5', 'next'), listOf(['c'], '5'));
  expect(await pages()).toEqual(['a,b', 'c']);
  const asked = api.requests.map(({ query }) => Object.fromEntries(query));
  expect(asked).toEqual([
    { limit: '2', fieldSelector: 'status.phase!=Failed' },
    { limit: '2', fieldSelector: 'status.phase!=Failed', continue: 'next' },
  ]);
});

test('a list that the server has forgotten goes on where the server says', async () => {
  const gone = json(410, { metadata: { continue: 'inconsistent' } });
  api.answer(listOf(['a', 'b'], '5', 'next'), gone, listOf(['c'], '9'));
  expect(await pages()).toEqual(['a,b', 'c']);
  expect(api.requests.at(-1)?.query.get('continue')).toBe('inconsistent');
});

test.each([
  { name: 'forgotten for good', answers: [listOf(['a'], '5', 'next'), json(410, {})], says: /answered 410/ },
  { name: 'not allowed', answers: [json(403, { message: 'no' })], says: /403.*: no.*the verb list on pods/ },
  { name: 'no list', answers: [json(200, {})], says: /answered 200/ },
])('$name: it throws', async ({ answers, says }) => {
  api.answer(...answers);
  await expect(pages()).rejects.toThrow(says);
});
