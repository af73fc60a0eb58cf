import { describe, expect, onTestFinished, test } from 'vitest';
import { readEdgeSet } from '../../../services/cli/setup/edges/edge-set.ts';
import type { SetupOptions } from '../../../services/cli/setup/set-up-elasticsearch.ts';
import { setUpElasticsearch } from '../../../services/cli/setup/set-up-elasticsearch.ts';
import type { TemplateOptions } from '../../../services/cli/setup/template-options.ts';
import { readTemplateSet } from '../../../services/cli/setup/template-set.ts';
import { elasticsearchClient } from '../../../services/runtime/elasticsearch/elasticsearch-client.ts';
import type {
  HeardRequest,
  ScriptedAnswer,
  ScriptedElasticsearch,
} from '../../fakes/scripted-elasticsearch.ts';
import { scriptedElasticsearch } from '../../fakes/scripted-elasticsearch.ts';

// What the Elasticsearch of tests lacks: security, other versions, lifecycles and deletion of data streams.

const set = readTemplateSet();
const STREAM = 'logs-flowtap.flow-default';
const BACKING = `.ds-${STREAM}-000001`;
const NOT_FOUND = { status: 404, body: { error: { type: 'resource_not_found_exception' } } };

function info(number: string, flavor = 'default'): ScriptedAnswer {
  return { body: { version: { number, build_flavor: flavor } } };
}

/** A server with nothing, which takes everything. */
function empty(version: ScriptedAnswer): Record<string, ScriptedAnswer> {
  const script: Record<string, ScriptedAnswer> = {
    'GET /': version,
    'POST /_security/user/_has_privileges': { body: { has_all_requested: true } },
  };
  for (const name of set.components.keys()) {
    script[`GET /_component_template/${name}`] = NOT_FOUND;
    script[`PUT /_component_template/${name}`] = { body: { acknowledged: true } };
  }
  for (const [
    name,
    {
      index_patterns: [pattern],
    },
  ] of set.indexTemplates) {
    script[`GET /_index_template/${name}`] = NOT_FOUND;
    script[`PUT /_index_template/${name}`] = { body: { acknowledged: true } };
    script[`GET /_resolve/index/${pattern}`] = NOT_FOUND;
  }
  return script;
}

function withStream(script: Record<string, ScriptedAnswer>): Record<string, ScriptedAnswer> {
  return {
    ...script,
    'GET /_resolve/index/logs-flowtap.flow-*': {
      body: { indices: [], data_streams: [{ name: STREAM, backing_indices: [BACKING] }] },
    },
    [`GET /${BACKING}/_mapping`]: { body: { [BACKING]: { mappings: { _meta: { revision: 'old' } } } } },
    [`POST /${STREAM}/_rollover`]: { body: { acknowledged: true } },
    [`PUT /_data_stream/${STREAM}/_lifecycle`]: { body: { acknowledged: true } },
    [`DELETE /_data_stream/${STREAM}`]: { body: { acknowledged: true } },
  };
}

const ALL = { namespace: undefined, isDryRun: false, isForced: false };

function setUp(
  { url }: ScriptedElasticsearch,
  choices: TemplateOptions = { retention: {} },
  options: Partial<Pick<SetupOptions, 'isDryRun' | 'removal' | 'edges'>> = {},
) {
  const access = { requestTimeoutMs: 10_000, isCompressed: false, userAgent: 'test' };
  const client = elasticsearchClient({ urls: [url], ...access });
  onTestFinished(() => client.close());
  return setUpElasticsearch({ client, set, choices, ...ALL, ...options });
}

function bodyOf(heard: readonly HeardRequest[], what: string): Record<string, unknown> {
  return heard.find((request) => request.what === what)?.body as Record<string, unknown>;
}

describe('versions', () => {
  test.each([
    ['7.17.29', 'default', 'ELASTICSEARCH_UNSUPPORTED'],
    ['8.13.4', 'default', 'ELASTICSEARCH_UNSUPPORTED'],
    ['8.14.0', 'default', undefined],
    ['10.0.0', 'default', undefined],
    // Says a version that means nothing.
    ['8.11.0', 'serverless', undefined],
  ])('%s %s: %s', async (version, flavor, code) => {
    const server = await scriptedElasticsearch(empty(info(version, flavor)));
    const failure = await setUp(server, undefined, { isDryRun: true }).then(
      () => undefined,
      (error) => error.code,
    );
    expect(failure).toBe(code);
  });

  test.each([
    ['8.14.0', 'default', { mode: 'standard', failureStore: false, replicas: 0 }],
    ['8.17.0', 'default', { mode: 'logsdb', failureStore: false, replicas: 0 }],
    ['8.19.0', 'default', { mode: 'logsdb', failureStore: true, replicas: 0 }],
    ['9.0.3', 'default', { mode: 'logsdb', failureStore: false, replicas: 0 }],
    ['9.1.0', 'default', { mode: 'logsdb', failureStore: true, replicas: 0 }],
    ['8.11.0', 'serverless', { mode: 'logsdb', failureStore: true, replicas: undefined }],
  ])('%s %s gets what it knows: %o', async (version, flavor, expected) => {
    const server = await scriptedElasticsearch(empty(info(version, flavor)));
    await setUp(server, { retention: {}, replicas: 0 });
    const { template } = bodyOf(server.heard, 'PUT /_component_template/flowtap-flow@settings') as {
      readonly template: {
        readonly settings: { readonly index: Record<string, unknown> };
        readonly data_stream_options?: unknown;
      };
    };
    expect({
      mode: template.settings.index.mode,
      failureStore: template.data_stream_options !== undefined,
      replicas: template.settings.index.number_of_replicas,
    }).toEqual(expected);
  });
});

describe('security', () => {
  test('missing privileges are named before anything is written', async () => {
    const privileges = {
      ...{ has_all_requested: false, username: 'someone' },
      cluster: { monitor: true, manage_index_templates: false },
      index: { 'logs-flowtap.flow-*': { manage: false }, 'flowtap-peer-*': { manage: true } },
    };
    const script = { ...empty(info('9.4.3')), 'POST /_security/user/_has_privileges': { body: privileges } };
    const server = await scriptedElasticsearch(script);
    await expect(setUp(server)).rejects.toMatchObject({
      code: 'ELASTICSEARCH_REFUSED',
      message: expect.stringContaining(
        'someone lacks the cluster privilege manage_index_templates, manage on logs-flowtap.flow-*. Give it the role flowtap-setup',
      ),
    });
    expect(server.heard.filter(({ what }) => what.startsWith('PUT'))).toEqual([]);
    const { cluster, index } = bodyOf(server.heard, 'POST /_security/user/_has_privileges');
    expect({ cluster, indices: index }).toEqual({
      cluster: set.roles.get('flowtap-setup')?.cluster,
      indices: set.roles.get('flowtap-setup')?.indices,
    });
  });

  test('edges need a role of their own, which is asked for before anything is written', async () => {
    const edges = { set: readEdgeSet(), retention: undefined };
    const server = await scriptedElasticsearch(empty(info('9.4.3')));
    const { steps } = await setUp(server, undefined, { edges, isDryRun: true });
    const asked = server.heard.filter(({ what }) => what === 'POST /_security/user/_has_privileges');
    expect(asked.map(({ body }) => (body as { readonly cluster: unknown }).cluster)).toEqual([
      set.roles.get('flowtap-setup')?.cluster,
      ['manage_transform'],
    ]);
    expect(steps.at(-1)).toMatchObject({ kind: 'index', outcome: 'failed' });
  });

  test('credentials that are refused', async () => {
    const server = await scriptedElasticsearch({
      'GET /': { status: 401, body: { error: { reason: 'no' } } },
    });
    await expect(setUp(server)).rejects.toMatchObject({ code: 'ELASTICSEARCH_REFUSED' });
  });

  test.each([
    ['a template that may not be written', 403],
    ['a template that is refused', 400],
  ])('%s fails alone', async (_name, status) => {
    const what = 'PUT /_component_template/flowtap-peer@settings';
    const script = { ...empty(info('9.4.3')), [what]: { status, body: { error: { reason: 'because' } } } };
    const server = await scriptedElasticsearch(script);
    const { steps } = await setUp(server);
    expect(steps.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
      { name: 'flowtap-peer@settings', detail: expect.stringContaining('because') },
    ]);
  });
});

describe('data streams that are there', () => {
  test('get the retention that is named', async () => {
    const server = await scriptedElasticsearch(withStream(empty(info('9.4.3'))));
    const { steps } = await setUp(server, { retention: { flow: '30d' } });
    expect(steps.slice(-2)).toEqual([
      { kind: 'data_stream', name: STREAM, outcome: 'rolled_over' },
      { kind: 'lifecycle', name: STREAM, outcome: 'updated', detail: '30d' },
    ]);
    expect(bodyOf(server.heard, `PUT /_data_stream/${STREAM}/_lifecycle`)).toEqual({ data_retention: '30d' });
  });

  test('are kept for ever where that is wanted', async () => {
    const server = await scriptedElasticsearch(withStream(empty(info('9.4.3'))));
    await setUp(server, { retention: { flow: 'unlimited' } });
    expect(bodyOf(server.heard, `PUT /_data_stream/${STREAM}/_lifecycle`)).toEqual({});
    const { template } = bodyOf(server.heard, 'PUT /_component_template/flowtap-flow@settings');
    expect(template).toMatchObject({ lifecycle: {} });
  });

  test('go with their templates where that is wanted, before them', async () => {
    const installed = { _meta: { managed_by: 'flowtap', version: 1 } };
    const script = withStream(empty(info('9.4.3')));
    for (const name of set.indexTemplates.keys()) {
      script[`GET /_index_template/${name}`] = {
        body: { index_templates: [{ name, index_template: installed }] },
      };
      script[`DELETE /_index_template/${name}`] = { body: { acknowledged: true } };
    }
    const server = await scriptedElasticsearch(script);
    const { steps } = await setUp(server, undefined, { removal: { withData: true } });
    expect(steps.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    const deleted = server.heard.flatMap(({ what }) => (what.startsWith('DELETE') ? what : []));
    expect(deleted.indexOf(`DELETE /_data_stream/${STREAM}`)).toBeGreaterThanOrEqual(0);
    expect(deleted.indexOf(`DELETE /_data_stream/${STREAM}`)).toBeLessThan(
      deleted.indexOf('DELETE /_index_template/flowtap-flow'),
    );
  });
});
