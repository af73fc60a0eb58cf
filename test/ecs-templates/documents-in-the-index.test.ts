import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from '../servers/elasticsearch.ts';
import { sharedElasticsearch } from '../servers/shared-elasticsearch.ts';
import { bulkCreate } from '../support/bulk-create.ts';
import { everyDocument } from '../support/every-document.ts';
import { setUpElasticsearch } from '../support/set-up-elasticsearch.ts';

const unavailable = elasticsearchUnavailable();
const namespace = `documents_${randomBytes(4).toString('hex')}`;
const FLOWS = `logs-flowtap.flow-${namespace}`;

let url: string;

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

beforeAll(async () => {
  if (unavailable !== undefined) return;
  const server = await sharedElasticsearch();
  url = server.url;
  await setUpElasticsearch(server.setupUrl);
}, ELASTICSEARCH_START_MS);

const DOCUMENTS = everyDocument().map(({ stream, body }, index) => {
  const { data_stream: dataStream } = body;
  const moved = dataStream === undefined ? body : { ...body, data_stream: { ...dataStream, namespace } };
  return { stream: stream.replace(/default$/, namespace), id: String(index), body: JSON.stringify(moved) };
});
const STREAMS = [...new Set(DOCUMENTS.map(({ stream }) => stream))];

// The Elasticsearch of tests has no such endpoint, and ends with the run; one that was given does.
afterAll(async () => {
  if (unavailable === undefined) await fetch(`${url}/_data_stream/${STREAMS.join()}`, { method: 'DELETE' });
});

async function post(path: string, body: unknown): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as Record<string, unknown>;
}

/** What becomes of a flow with these fields: nothing, or the names of those that were ignored; else why it was refused. */
async function write(fields: Readonly<Record<string, unknown>>): Promise<string> {
  const id = randomBytes(8).toString('hex');
  const body = { '@timestamp': '2026-01-15T10:00:00.000Z', host: { name: 'h' }, ...fields };
  const answer = await post(`/${FLOWS}/_create/${id}?refresh=true`, body);
  if (answer.result !== 'created') return (answer.error as { readonly type: string }).type;
  const search = { query: { ids: { values: [id] } }, fields: ['_ignored'], _source: false };
  const { hits } = (await post(`/${FLOWS}/_search`, search)) as {
    readonly hits: { readonly hits: readonly [{ readonly _ignored?: string[] }] };
  };
  return (hits.hits[0]._ignored ?? []).join();
}

test('every document of ours is taken, and no field of it is ignored', async () => {
  await bulkCreate(url, DOCUMENTS);
  const ids = { query: { ids: { values: DOCUMENTS.map(({ id }) => id) } }, size: 1000 };
  const { hits } = (await post(`/${STREAMS.join()}/_search`, ids)) as {
    readonly hits: { readonly hits: readonly { readonly _ignored?: string[] }[] };
  };
  expect(hits.hits).toHaveLength(DOCUMENTS.length);
  expect(hits.hits.filter(({ _ignored }) => _ignored !== undefined)).toEqual([]);
});

test('a document that is written again is refused as such', async () => {
  const { stream, body } = DOCUMENTS[0];
  await bulkCreate(url, [{ stream, id: 'again', body }]);
  await expect(bulkCreate(url, [{ stream, id: 'again', body }])).rejects.toThrow('version_conflict');
});

describe('a value that is no such', () => {
  test.each<[fields: Readonly<Record<string, unknown>>, outcome: string]>([
    [{}, ''],
    // What flows are about makes a dead letter.
    [{ source: { ip: 'nobody' } }, 'document_parsing_exception'],
    [{ destination: { bytes: 'many' } }, 'document_parsing_exception'],
    [{ '@timestamp': 'soon' }, 'document_parsing_exception'],
    [{ network: 'tcp' }, 'document_parsing_exception'],
    // A detail is left out.
    [{ host: { name: 'h', ip: 'unknown' } }, 'host.ip'],
    [{ event: { created: 'yesterday' } }, 'event.created'],
    [{ source: { geo: { location: 'no such place' } } }, 'source.geo.location'],
    // Labels may be anything.
    [
      {
        source: {
          kubernetes: { pod: { labels: { app: 'x', 'app.kubernetes.io/name': 'y', location: '1.20' } } },
        },
      },
      '',
    ],
    [
      {
        source: {
          kubernetes: { pods: [{ labels: { app: 'x', 'app.io': 'y' } }, { labels: { 'app.io/z': 'true' } }] },
        },
      },
      '',
    ],
    // A promoted label is text, whatever it looks like.
    [{ source: { kubernetes: { release: '2026-01-01' } } }, ''],
    [{ source: { kubernetes: { release: 'stable' } } }, ''],
    [{ nobody: { knows: 'this' } }, ''],
  ])('%j: %s', async (fields, outcome) => expect(await write(fields)).toBe(outcome));
});
