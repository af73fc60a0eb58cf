import { describe, expect, onTestFinished, test } from 'vitest';
import type { EdgeSet } from '../../../../services/cli/setup/edges/edge-set.ts';
import { readEdgeSet, withEdgeRetention } from '../../../../services/cli/setup/edges/edge-set.ts';
import {
  formerEdgeRetention,
  installEdges,
  removeEdges,
} from '../../../../services/cli/setup/edges/set-up-edges.ts';
import { UNLIMITED } from '../../../../services/cli/setup/template-options.ts';
import { elasticsearchClient } from '../../../../services/runtime/elasticsearch/elasticsearch-client.ts';
import type { ScriptedAnswer } from '../../../fakes/scripted-elasticsearch.ts';
import { scriptedElasticsearch } from '../../../fakes/scripted-elasticsearch.ts';

// The Elasticsearch of tests has no transforms: these are the requests that one gets.

const SET = withEdgeRetention(readEdgeSet(), undefined, UNLIMITED);
const NOT_FOUND = { status: 404, body: { error: { type: 'resource_not_found_exception' } } };
const DONE = { body: { acknowledged: true } };
const TRANSFORM = '/_transform/flowtap-edges';
const STOP = `POST ${TRANSFORM}/_stop?wait_for_completion=true&force=true&timeout=30s`;
const PUT = `PUT ${TRANSFORM}?defer_validation=true`;
const START = `POST ${TRANSFORM}/_start`;
const WRITES: Record<string, ScriptedAnswer> = {
  ...{ [PUT]: DONE, [START]: DONE, [STOP]: DONE },
  [`POST ${TRANSFORM}/_update`]: DONE,
  [`DELETE ${TRANSFORM}`]: DONE,
  'PUT /flowtap-edges': DONE,
  'PUT /flowtap-edges/_mapping': DONE,
  'DELETE /flowtap-edges': DONE,
};

/** A server on which the edges of a set are. */
function having({ transform, index }: EdgeSet, state = 'started'): Record<string, ScriptedAnswer> {
  return {
    ...WRITES,
    'GET /flowtap-edges/_mapping': { body: { 'flowtap-edges': { mappings: index.mappings } } },
    [`GET ${TRANSFORM}`]: { body: { transforms: [{ id: 'flowtap-edges', ...transform }] } },
    [`GET ${TRANSFORM}/_stats`]: { body: { transforms: [{ state, reason: 'a shard is away' }] } },
  };
}

const NOTHING = { ...WRITES, 'GET /flowtap-edges/_mapping': NOT_FOUND, [`GET ${TRANSFORM}`]: NOT_FOUND };

async function server(script: Record<string, ScriptedAnswer>) {
  const { url, heard } = await scriptedElasticsearch(script);
  const access = { requestTimeoutMs: 10_000, isCompressed: false, userAgent: 'test' };
  const client = elasticsearchClient({ urls: [url], ...access });
  onTestFinished(() => client.close());
  const written = (): string[] => heard.map(({ what }) => what).filter((what) => !what.startsWith('GET'));
  return { client, heard, written };
}

const changed = (some: object): EdgeSet => ({
  ...SET,
  transform: { ...SET.transform, _meta: { ...SET.transform._meta, ...some } },
});
const OPTIONS = { isDryRun: false, isForced: false };

describe('installing', () => {
  test('on a server without edges makes the index, then the transform, and starts it', async () => {
    const { client, heard, written } = await server(NOTHING);
    const steps = await installEdges(client, SET, OPTIONS);
    expect(steps.map(({ kind, outcome }) => `${outcome} ${kind}`)).toEqual([
      'created index',
      'created transform',
    ]);
    expect(written()).toEqual(['PUT /flowtap-edges', PUT, START]);
    expect(heard.find(({ what }) => what === PUT)?.body).toEqual(SET.transform);
  });

  test.each([
    ['as it is, changes nothing', SET, 'started', ['unchanged', 'unchanged'], []],
    ['stopped, starts it', SET, 'stopped', ['unchanged', 'updated'], [START]],
    ['failed, says why', SET, 'failed', ['unchanged', 'failed'], []],
    [
      'with another retention, changes the transform and does not begin anew',
      withEdgeRetention(readEdgeSet(), '30d', UNLIMITED),
      'started',
      ['unchanged', 'updated'],
      [`POST ${TRANSFORM}/_update`],
    ],
    [
      'of another pivot, stops, replaces and starts it',
      changed({ revision: 'old', pivot_revision: 'old', version: 0 }),
      'started',
      ['unchanged', 'updated'],
      [STOP, `DELETE ${TRANSFORM}`, PUT, START],
    ],
    ['newer, leaves it', changed({ revision: 'new', version: 99 }), 'started', ['unchanged', 'newer'], []],
    ["somebody else's, leaves it", changed({ managed_by: 'me' }), 'started', ['unchanged', 'failed'], []],
  ])('over one that is %s', async (_name, there, state, outcomes, writes) => {
    const { client, written } = await server(having(there, state));
    expect((await installEdges(client, SET, OPTIONS)).map(({ outcome }) => outcome)).toEqual(outcomes);
    expect(written()).toEqual(writes);
    const dry = await server(having(there, state));
    expect(await installEdges(dry.client, SET, { ...OPTIONS, isDryRun: true })).toHaveLength(2);
    expect(dry.written()).toEqual([]);
  });

  test('adds fields to an index of another version', async () => {
    const old = { ...SET, index: { ...SET.index, mappings: { _meta: { revision: 'old' } } } };
    const { client, written } = await server(having(old));
    expect((await installEdges(client, SET, OPTIONS))[0].outcome).toBe('updated');
    expect(written()).toEqual(['PUT /flowtap-edges/_mapping']);
  });

  test('where there are no transforms, that is said', async () => {
    const { client } = await server({ 'GET /flowtap-edges/_mapping': NOT_FOUND, 'PUT /flowtap-edges': DONE });
    expect((await installEdges(client, SET, OPTIONS)).at(-1)).toMatchObject({
      outcome: 'failed',
      detail: 'this Elasticsearch has no transforms',
    });
  });
});

describe('retention', () => {
  test.each([
    [undefined, '365d'],
    ['30d', '30d'],
    [UNLIMITED, undefined],
  ])('%s', (chosen, maxAge) => {
    const { transform } = withEdgeRetention(readEdgeSet(), chosen, UNLIMITED);
    expect(transform.retention_policy?.time.max_age).toBe(maxAge);
  });

  test('that was chosen before is read again', async () => {
    const former = async (retention: string) => {
      const { client } = await server(having(withEdgeRetention(readEdgeSet(), retention, UNLIMITED)));
      return await formerEdgeRetention(client, UNLIMITED);
    };
    expect(await former('30d')).toBe('30d');
    expect(await former(UNLIMITED)).toBe(UNLIMITED);
    expect(await formerEdgeRetention((await server(NOTHING)).client, UNLIMITED)).toBeUndefined();
    expect(await formerEdgeRetention((await server({})).client, UNLIMITED)).toBeUndefined();
  });
});

describe('removal', () => {
  test('stops and deletes the transform, and its edges where that is wanted', async () => {
    const keeping = await server(having(SET));
    const kept = await removeEdges(keeping.client, { isDryRun: false, withData: false });
    expect(kept.map(({ kind, outcome }) => `${outcome} ${kind}`)).toEqual([
      'removed transform',
      'skipped index',
    ]);
    expect(keeping.written()).toEqual([STOP, `DELETE ${TRANSFORM}`]);
    const all = await server(having(SET));
    await removeEdges(all.client, { isDryRun: false, withData: true });
    expect(all.written()).toEqual([STOP, `DELETE ${TRANSFORM}`, 'DELETE /flowtap-edges']);
  });

  test.each([
    ['there is none', NOTHING],
    ['there are no transforms', {}],
    ["it is somebody else's", having(changed({ managed_by: 'me' }))],
  ])('does nothing where %s', async (_name, script) => {
    const { client, written } = await server(script);
    expect(await removeEdges(client, { isDryRun: false, withData: true })).toEqual([]);
    expect(written()).toEqual([]);
  });

  test('says so where there is no right to look', async () => {
    const refusing = { [`GET ${TRANSFORM}`]: { status: 403, body: { error: { reason: 'no' } } } };
    const { client, written } = await server(refusing);
    expect(await removeEdges(client, { isDryRun: false, withData: true })).toMatchObject([
      { kind: 'transform', outcome: 'skipped', detail: expect.stringContaining('the role flowtap-edges') },
    ]);
    expect(written()).toEqual([]);
  });

  test('says what could not be removed', async () => {
    const { client } = await server({
      ...having(SET),
      [STOP]: { status: 500, body: { error: { reason: 'no' } } },
    });
    expect(await removeEdges(client, { isDryRun: false, withData: true })).toMatchObject([
      { outcome: 'failed' },
    ]);
  });
});
