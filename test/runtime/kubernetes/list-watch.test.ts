import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../services/runtime/clock.ts';
import type { ListWatchOptions } from '../../../services/runtime/kubernetes/list-watch.ts';
import { ListWatch } from '../../../services/runtime/kubernetes/list-watch.ts';
import { ListWatchStates } from '../../../services/runtime/kubernetes/list-watch-observer.ts';
import type { ObjectEvent } from '../../../services/runtime/kubernetes/object-source.ts';
import { PODS } from '../../../services/runtime/kubernetes/resource-kind.ts';
import { silentLog } from '../../kubeagent/silent-log.ts';
import type { ScriptedRequest } from './scripted-api.ts';
import { change, json, listOf, ScriptedApi, watchOf } from './scripted-api.ts';

let api: ScriptedApi;
let states: ListWatchStates;
beforeEach(async () => {
  api = await ScriptedApi.start();
  states = new ListWatchStates(systemClock);
});
afterEach(() => api.close());

/** The first events, in short: `replace a,b@5`, `upsert a@6`, `bookmark @7`. */
async function firstEvents(
  count: number,
  options: Partial<ListWatchOptions> = {},
  resource = PODS,
): Promise<string[]> {
  const stopping = new AbortController();
  const source = new ListWatch({
    ...{ api: api.client, clock: systemClock, log: silentLog, observer: states },
    ...{ retryMs: 1, maxRetryMs: 5, ...options },
  });
  const seen: string[] = [];
  for await (const event of source.watch(resource, stopping.signal)) {
    seen.push(inShort(event));
    if (seen.length === count) stopping.abort();
  }
  return seen;
}

function inShort(event: ObjectEvent): string {
  if (event.type === 'bookmark') return `bookmark @${event.resourceVersion}`;
  if (event.type === 'replace') {
    return `replace ${event.objects.map(({ metadata }) => metadata.name)}@${event.resourceVersion}`;
  }
  return `${event.type} ${event.object.metadata.name}@${event.object.metadata.resourceVersion}`;
}

const GONE_EVENT = {
  type: 'ERROR',
  object: { kind: 'Status', code: 410, message: 'too old resource version' },
};
const BOOKMARK = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } };

describe('what a consumer sees of', () => {
  test.each<{
    fault: string;
    answers: ((request: ScriptedRequest) => void)[];
    sees: string[];
    counts: object;
  }>([
    {
      fault: 'a list in pages, and a watch',
      answers: [
        listOf(['a'], '5', 'next'),
        listOf(['b'], '5'),
        watchOf([
          change('ADDED', 'c', '6'),
          change('MODIFIED', 'a', '7'),
          change('DELETED', 'b', '8'),
          BOOKMARK,
        ]),
      ],
      sees: ['replace a,b@5', 'upsert c@6', 'upsert a@7', 'delete b@8', 'bookmark @9'],
      counts: { lists: 1, relists: 0, events: 3, bookmarks: 1, failures: 0 },
    },
    {
      fault: 'a page that comes too late: the list again, in one',
      answers: [listOf(['a'], '5', 'next'), json(410, { code: 410 }), listOf(['a', 'b'], '6')],
      sees: ['replace a,b@6'],
      counts: { lists: 1 },
    },
    {
      fault: 'a watch that ends: it goes on from there',
      answers: [
        listOf(['a'], '5'),
        watchOf([change('MODIFIED', 'a', '6')]),
        watchOf([change('MODIFIED', 'a', '7')]),
      ],
      sees: ['replace a@5', 'upsert a@6', 'upsert a@7'],
      counts: { lists: 1, watches: 2, relists: 0 },
    },
    {
      fault: 'a watch that is cut in the middle of a line: the line comes again',
      answers: [
        listOf(['a'], '5'),
        watchOf([change('MODIFIED', 'a', '6'), '{"type":"MODIFIED","obj'], 'cut'),
        watchOf([change('MODIFIED', 'a', '7')]),
      ],
      sees: ['replace a@5', 'upsert a@6', 'upsert a@7'],
      counts: { lists: 1 },
    },
    {
      fault: '410 as an event: a new list',
      answers: [listOf(['a'], '5'), watchOf([GONE_EVENT]), listOf(['b'], '50')],
      sees: ['replace a@5', 'replace b@50'],
      counts: { lists: 2, relists: 1 },
    },
    {
      fault: '410 as a status: a new list',
      answers: [listOf(['a'], '5'), json(410, { code: 410 }), listOf(['b'], '50')],
      sees: ['replace a@5', 'replace b@50'],
      counts: { lists: 2, relists: 1 },
    },
    {
      fault: 'a line that is no JSON: what it said is lost, so a new list',
      answers: [listOf(['a'], '5'), watchOf(['{not json']), listOf(['b'], '50')],
      sees: ['replace a@5', 'replace b@50'],
      counts: { lists: 2, relists: 1, badLines: 1 },
    },
    {
      fault: 'an object without a uid',
      answers: [
        listOf(['a'], '5'),
        watchOf([{ type: 'ADDED', object: { metadata: { resourceVersion: '6' } } }]),
        listOf(['b'], '50'),
      ],
      sees: ['replace a@5', 'replace b@50'],
      counts: { badLines: 1 },
    },
    {
      fault: 'errors of all kinds: tried again',
      answers: [
        json(500, { message: 'etcd is away' }),
        ({ response }) => response.destroy(),
        json(200, 'no list'),
        listOf(['a'], '5'),
        json(429, { message: 'slow down' }),
        watchOf([change('MODIFIED', 'a', '6')]),
      ],
      sees: ['replace a@5', 'upsert a@6'],
      counts: { lists: 1, failures: 4 },
    },
  ])('$fault', async ({ answers, sees, counts }) => {
    api.answer(...answers);
    expect(await firstEvents(sees.length)).toEqual(sees);
    expect(states.of(PODS)).toMatchObject(counts);
  });

  test('a server that falls silent: another watch, from where it was', async () => {
    api.answer(
      listOf(['a'], '5'),
      watchOf([change('MODIFIED', 'a', '6')], 'silence'),
      watchOf([change('MODIFIED', 'a', '7')]),
    );
    expect(await firstEvents(3, { idleMs: 50 })).toEqual(['replace a@5', 'upsert a@6', 'upsert a@7']);
    expect(api.requests[2].query.get('resourceVersion')).toBe('6');
  });
});

test('asks for pages, bookmarks and a time limit', async () => {
  api.answer(listOf(['a'], '5', 'next'), listOf(['b'], '5'), watchOf([BOOKMARK]));
  await firstEvents(2, { pageSize: 1 });
  const [first, second, watch] = api.requests.map(({ query }) => Object.fromEntries(query));
  expect(first).toEqual({ limit: '1' });
  expect(second).toEqual({ limit: '1', continue: 'next' });
  expect(watch).toMatchObject({ watch: 'true', allowWatchBookmarks: 'true', resourceVersion: '5' });
  expect(Number(watch.timeoutSeconds)).toBeGreaterThanOrEqual(240);
  expect(Number(watch.timeoutSeconds)).toBeLessThanOrEqual(300);
});

test('a selector of fields is in lists and watches', async () => {
  api.answer(listOf(['a'], '5'), watchOf([BOOKMARK]));
  await firstEvents(2, {}, { ...PODS, fieldSelector: 'metadata.name=a' });
  expect(api.requests.map(({ query }) => query.get('fieldSelector'))).toEqual(
    Array(2).fill('metadata.name=a'),
  );
});

test('objects come without bookkeeping, cut down by the consumer', async () => {
  api.answer(listOf(['a'], '5'));
  const trimmed: unknown[] = [];
  await firstEvents(1, {
    trim: (object) => {
      trimmed.push(object);
      return { metadata: { uid: object.metadata.uid, name: 'cut' } };
    },
  });
  expect(trimmed).toEqual([
    { metadata: { uid: 'uid-a', name: 'a', namespace: 'default', resourceVersion: '5' } },
  ]);
});

test.each([
  { how: 'ended', lines: [change('MODIFIED', 'a', '6')], ending: 'end' },
  { how: 'cut', lines: [change('MODIFIED', 'a', '6'), '{"type"'], ending: 'cut' },
] as const)(
  'a watch that was $how counts as none while the next one is waited for',
  async ({ lines, ending }) => {
    const connected: boolean[] = [];
    const clock = {
      now: () => systemClock.now(),
      sleep: (_ms: number, signal?: AbortSignal) => {
        connected.push(states.of(PODS).isConnected);
        return systemClock.sleep(1, signal);
      },
    };
    api.answer(
      listOf(['a'], '5'),
      watchOf(lines, ending),
      watchOf([change('MODIFIED', 'a', '7')], 'silence'),
    );
    await firstEvents(3, { clock });
    expect(connected[0]).toBe(false);
  },
);
