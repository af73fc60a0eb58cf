import { beforeAll, beforeEach, expect, test } from 'vitest';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from './elasticsearch.ts';
import type { SharedElasticsearch } from './shared-elasticsearch.ts';
import { sharedElasticsearch } from './shared-elasticsearch.ts';

const unavailable = elasticsearchUnavailable();
const NAME = `servers-test-${process.pid}`;

let server: SharedElasticsearch;

beforeAll(async () => {
  if (unavailable === undefined) server = await sharedElasticsearch();
}, ELASTICSEARCH_START_MS);

beforeEach((context) => {
  if (unavailable !== undefined) context.skip(unavailable);
});

async function ask(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const init = { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return (await (await fetch(`${url}${path}`, init)).json()) as Record<string, unknown>;
}

test('all who ask have the same one', async () => {
  expect(await sharedElasticsearch()).toEqual(server);
  expect(await ask(server.url, 'GET', '/')).toMatchObject({ cluster_name: 'flowtap-test' });
});

test('templates with field types that are not there are installed with others', async () => {
  const template = {
    index_patterns: [`${NAME}-*`],
    data_stream: {},
    priority: 500,
    template: {
      mappings: {
        dynamic_templates: [{ strings: { match_mapping_type: 'string', mapping: { type: 'wildcard' } } }],
        properties: {
          '@timestamp': { type: 'date' },
          kind: { type: 'constant_keyword', value: 'flow' },
          message: { type: 'match_only_text' },
          ratio: { type: 'scaled_float', scaling_factor: 1000 },
          type: { type: 'keyword' },
        },
      },
    },
  };
  const path = `/_index_template/${NAME}`;
  expect(await ask(server.url, 'PUT', path, template)).toMatchObject({ status: 400 });
  expect(await ask(server.setupUrl, 'PUT', path, template)).toEqual({ acknowledged: true });
  const document = { '@timestamp': '2026-01-01T00:00:00Z', kind: 'flow', type: 'start' };
  const created = await ask(server.setupUrl, 'POST', `/${NAME}-a/_create/1?refresh=true`, document);
  expect(created).toMatchObject({ result: 'created' });
  const query = { query: { term: { type: 'start' } } };
  const found = await ask(server.setupUrl, 'POST', `/${NAME}-a/_search`, query);
  expect(found).toMatchObject({ hits: { total: { value: 1 } } });
  await ask(server.url, 'DELETE', `/_index_template/${NAME}`);
});
