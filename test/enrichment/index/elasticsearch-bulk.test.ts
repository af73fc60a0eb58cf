import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Client } from '@elastic/elasticsearch';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { EnrichedDocument } from '../../../services/enrichment/document/enriched-document.ts';
import { bulkBody, ElasticsearchBulk } from '../../../services/enrichment/index/elasticsearch-bulk.ts';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from '../../servers/elasticsearch.ts';
import { sharedElasticsearch } from '../../servers/shared-elasticsearch.ts';

const never = new AbortController().signal;
const TIMEOUT_MS = 10_000;

function documentOf(stream: string, id: string, fields: object): EnrichedDocument {
  return { stream, id, body: JSON.stringify({ '@timestamp': '2026-01-15T10:03:10.000Z', ...fields }) };
}

test('a bulk body is lines of actions and documents', () => {
  const documents = [documentOf('s"1', 'a', {}), documentOf('s"1', 'b\\', {}), documentOf('s2', 'c', {})];
  const lines = bulkBody(documents).split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { create: { _index: 's"1', _id: 'a' } },
    { '@timestamp': expect.any(String) },
    { create: { _index: 's"1', _id: 'b\\' } },
    { '@timestamp': expect.any(String) },
    { create: { _index: 's2', _id: 'c' } },
    { '@timestamp': expect.any(String) },
  ]);
});

describe('with Elasticsearch', () => {
  const unavailable = elasticsearchUnavailable();
  const name = `bulktest-${randomBytes(4).toString('hex')}`;
  const stream = `${name}-one`;
  let client: Client;
  let target: ElasticsearchBulk;

  beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    client = new Client({ node: (await sharedElasticsearch()).url });
    target = new ElasticsearchBulk({ client, requestTimeoutMs: TIMEOUT_MS, requiredTemplate: name });
    await client.indices.putIndexTemplate({
      name,
      index_patterns: [`${name}-*`],
      data_stream: {},
      priority: 500,
      template: { mappings: { properties: { port: { type: 'long' } } } },
    });
  }, ELASTICSEARCH_START_MS);

  test('each document has its own answer', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => documentOf(stream, id, { port: id === 'b' ? 'x' : 1 }));
    expect(await target.send([a, b, c], never)).toEqual({
      kind: 'items',
      items: [
        { status: 201 },
        {
          status: 400,
          type: 'document_parsing_exception',
          reason: expect.stringMatching(/failed to parse field \[port\].*For input string: \\?"x/),
        },
        { status: 201 },
      ],
    });
    const again = await target.send([a, c, documentOf(stream, 'd', {})], never);
    expect(again).toMatchObject({
      kind: 'items',
      items: [{ status: 409 }, { status: 409 }, { status: 201 }],
    });
  });

  test('a stream without a template is not made', async () => {
    const answer = await target.send(
      [documentOf(`other-${name}`, 'a', {}), documentOf(stream, 'e', {})],
      never,
    );
    expect(answer).toMatchObject({ kind: 'items', items: [{ status: 404 }, { status: 201 }] });
    expect(await client.indices.exists({ index: `other-${name}` })).toBe(false);
  });

  test('nothing is written before the templates are there', async () => {
    const early = new ElasticsearchBulk({
      client,
      requestTimeoutMs: TIMEOUT_MS,
      requiredTemplate: `${name}-none`,
    });
    expect(await early.send([documentOf(stream, 'f', {})], never)).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('run `flowtap setup elasticsearch`'),
      retryAfterMs: undefined,
    });
  });
});

describe('with a server that behaves badly', () => {
  /** Answers bulk requests; templates are there. */
  async function start(answer: RequestListener): Promise<ElasticsearchBulk> {
    const server = createServer((request, response) => {
      response.setHeader('x-elastic-product', 'Elasticsearch').setHeader('content-type', 'application/json');
      if (request.method === 'HEAD') response.end();
      else answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = new Client({ node: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    onTestFinished(async () => {
      await client.close();
      server.closeAllConnections();
      server.close();
    });
    return new ElasticsearchBulk({ client, requestTimeoutMs: 200, requiredTemplate: 'flowtap-flow' });
  }

  const documents = [documentOf('s', 'a', {})];

  test.each<[string, RequestListener, object]>([
    ['too much at once', (_, response) => response.writeHead(413).end('{}'), { kind: 'too_large' }],
    [
      'too busy',
      (_, response) => response.writeHead(429, { 'retry-after': '7' }).end('{}'),
      { kind: 'failed', retryAfterMs: 7000, reason: expect.stringContaining('429') },
    ],
    [
      'a gateway without a server',
      (_, response) => response.writeHead(503, { 'content-type': 'text/html' }).end('<html>'),
      { kind: 'failed', reason: expect.stringContaining('503') },
    ],
    [
      'no permission',
      (_, response) => response.writeHead(403).end('{"error":{"type":"security_exception"}}'),
      { kind: 'failed', reason: expect.stringContaining('security_exception') },
    ],
    ['no answer', () => undefined, { kind: 'failed', reason: expect.stringContaining('no answer') }],
    [
      'half an answer',
      (_, response) => response.write('{"items":[', () => response.destroy()),
      { kind: 'failed' },
    ],
    [
      'an answer that is short of items',
      (_, response) => response.end('{"items":[]}'),
      { kind: 'failed', reason: 'a bulk answer of 0 items to 1 documents' },
    ],
  ])('%s', async (_name, answer, expected) => {
    const target = await start(answer);
    expect(await target.send(documents, never)).toMatchObject(expected);
  });

  test('who may not ask for templates may still write', async () => {
    let body = '';
    const target = await start((request, response) => {
      void buffer(request).then((bytes) => {
        body = bytes.toString();
        response.end('{"items":[{"create":{"status":201}}]}');
      });
    });
    expect(await target.send(documents, never)).toEqual({ kind: 'items', items: [{ status: 201 }] });
    expect(body).toBe(bulkBody(documents));
  });

  test('a caller that gives up is no longer waited for', async () => {
    const target = await start(() => undefined);
    const caller = new AbortController();
    const sending = target.send(documents, caller.signal);
    caller.abort();
    expect(await sending).toMatchObject({ kind: 'failed' });
  });

  test('an address where nobody listens', async () => {
    const client = new Client({ node: 'http://127.0.0.1:1' });
    onTestFinished(() => client.close());
    const target = new ElasticsearchBulk({ client, requestTimeoutMs: 200, requiredTemplate: 'x' });
    expect(await target.send(documents, never)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
