import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ElasticsearchAccess } from '../../../services/runtime/elasticsearch/elasticsearch-client.ts';
import { elasticsearchClient } from '../../../services/runtime/elasticsearch/elasticsearch-client.ts';
import { elasticsearchFailure } from '../../../services/runtime/elasticsearch/elasticsearch-failure.ts';
import { describeError } from '../../../services/runtime/log-error.ts';
import { scriptedElasticsearch } from '../../fakes/scripted-elasticsearch.ts';
import { makeCertificate } from '../../fixtures/server-certificate.ts';

const SECRET = 'hunter2-secret';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flowtap-client-'));
  writeFileSync(join(folder, 'secret'), `${SECRET}\n`);
  writeFileSync(join(folder, 'empty'), '\n');
});

afterAll(() => rmSync(folder, { recursive: true }));

function clientOf(access: Partial<ElasticsearchAccess>) {
  const client = elasticsearchClient({
    ...{
      urls: ['http://127.0.0.1:1'],
      requestTimeoutMs: 5000,
      isCompressed: false,
      userAgent: 'flowtap-test/1',
    },
    ...access,
  });
  onTestFinished(() => client.close());
  return client;
}

const INFO = { 'GET /': { body: { version: { number: '9.4.3' } } } };
const basic = `Basic ${Buffer.from(`elastic:${SECRET}`).toString('base64')}`;

describe('who it says it is', () => {
  test.each<[name: string, access: () => Partial<ElasticsearchAccess>, header: string | undefined]>([
    ['nobody', () => ({}), undefined],
    ['an API key', () => ({ apiKeyFile: join(folder, 'secret') }), `ApiKey ${SECRET}`],
    ['a user', () => ({ username: 'elastic', passwordFile: join(folder, 'secret') }), basic],
  ])('%s', async (_name, access, header) => {
    const { url, heard } = await scriptedElasticsearch(INFO);
    await clientOf({ urls: [url], ...access() }).info();
    expect(heard[0].headers).toMatchObject({ 'user-agent': 'flowtap-test/1' });
    expect(heard[0].headers.authorization).toBe(header);
  });

  test('a user in the URL', async () => {
    const { url, heard } = await scriptedElasticsearch(INFO);
    await clientOf({ urls: [url.replace('//', `//elastic:${SECRET}@`)] }).info();
    expect(heard[0].headers.authorization).toBe(basic);
  });
});

describe('what it cannot be made from', () => {
  const key = (): string => join(folder, 'secret');
  test.each<[name: string, access: () => Partial<ElasticsearchAccess>, complaint: string]>([
    ['no URL', () => ({ urls: [`elastic:${SECRET}@host:9200`] }), 'must be URLs such as'],
    ['another protocol', () => ({ urls: ['ftp://host'] }), 'must be URLs such as'],
    ['a key and a user', () => ({ apiKeyFile: key(), username: 'u', passwordFile: key() }), 'not both'],
    ['a user without a password', () => ({ username: 'u' }), 'needs --elasticsearch-password-file'],
    ['a password without a user', () => ({ passwordFile: key() }), 'needs --elasticsearch-username'],
    ['a file that is not there', () => ({ apiKeyFile: join(folder, 'none') }), 'cannot be read'],
    ['an empty file', () => ({ apiKeyFile: join(folder, 'empty') }), 'is empty'],
    ['an authority that is not there', () => ({ caFile: join(folder, 'none') }), '--elasticsearch-ca-file'],
  ])('%s', (_name, access, complaint) => {
    const attempt = (): unknown => clientOf(access());
    expect(attempt).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(complaint) }),
    );
    expect(attempt).not.toThrow(SECRET);
  });
});

test('speaks to version 8 as to version 9', async () => {
  const { url, heard } = await scriptedElasticsearch({ ...INFO, 'POST /_bulk': { body: { items: [] } } });
  const client = clientOf({ urls: [url] });
  await client.info();
  await client.bulk({ operations: [{ create: { _index: 'a' } }, {}] });
  expect(heard).toHaveLength(2);
  const types = heard.flatMap(({ headers }) => [headers.accept, headers['content-type']]);
  expect(types.filter((type) => type !== undefined && !String(type).includes('compatible-with=8'))).toEqual(
    [],
  );
});

test('compresses where that is wanted', async () => {
  const bodies: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('data', (chunk) => {
      bodies.push(chunk);
      socket.end(
        'HTTP/1.1 200 OK\r\nx-elastic-product: Elasticsearch\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}',
      );
    });
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const body = { query: { match_all: {} } };
  const client = clientOf({ urls: [`http://127.0.0.1:${port}`], isCompressed: true });
  await client.transport.request({ method: 'POST', path: '/a/_search', body }, { maxRetries: 0 });
  const request = Buffer.concat(bodies);
  expect(request.toString('latin1').toLowerCase()).toContain('content-encoding: gzip');
  const start = request.indexOf(Buffer.from([0x1f, 0x8b]));
  expect(JSON.parse(gunzipSync(request.subarray(start)).toString())).toEqual(body);
});

describe('TLS', () => {
  async function tlsServer(): Promise<{ readonly url: string; readonly certFile: string }> {
    const { certFile, keyFile } = makeCertificate(folder, 'localhost');
    const server = createTlsServer(
      { cert: readFileSync(certFile), key: readFileSync(keyFile) },
      (_request, response) => {
        response.writeHead(200, { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' });
        response.end('{"version":{"number":"9.4.3"}}');
      },
    );
    server.listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    return { url: `https://localhost:${(server.address() as AddressInfo).port}`, certFile };
  }

  test('an authority of their own', async () => {
    const { url, certFile } = await tlsServer();
    expect(await clientOf({ urls: [url], caFile: certFile }).info()).toMatchObject({
      version: { number: '9.4.3' },
    });
  });

  test.each([
    ['an authority that is not known', 'https', '--elasticsearch-ca-file must hold the authority'],
    ['plain HTTP to a TLS port', 'http', 'is not reached'],
  ])('%s', async (_name, scheme, complaint) => {
    const { url } = await tlsServer();
    const client = clientOf({ urls: [url.replace('https', scheme)] });
    const thrown = await client.info({}, { maxRetries: 0 }).catch((error: unknown) => error);
    expect(elasticsearchFailure(thrown, 'ask')).toMatchObject({
      code: 'ELASTICSEARCH_UNAVAILABLE',
      message: expect.stringContaining(complaint),
    });
  });

  test('TLS to a plain port', async () => {
    const { url } = await scriptedElasticsearch(INFO);
    const client = clientOf({ urls: [url.replace('http', 'https')] });
    const thrown = await client.info({}, { maxRetries: 0 }).catch((error: unknown) => error);
    expect(elasticsearchFailure(thrown, 'ask').message).toContain('begin with http://');
  });
});

describe('failures', () => {
  const forbidden = {
    type: 'security_exception',
    reason:
      'action [indices:admin/index_template/put] is unauthorized for user [someone] with effective roles [r], this action is granted by the cluster privileges [manage_index_templates,manage,all]',
  };
  test.each<[name: string, status: number, error: unknown, code: string, message: string]>([
    [
      'wrong credentials',
      401,
      { reason: 'unable to authenticate' },
      'ELASTICSEARCH_REFUSED',
      'does not accept the credentials',
    ],
    [
      ...(['a missing privilege', 403, forbidden, 'ELASTICSEARCH_REFUSED'] as const),
      'user [someone] with effective roles [r] may not do indices:admin/index_template/put; one of these would allow it: [manage_index_templates,manage,all]',
    ],
    ['too much', 429, { reason: 'rejected execution' }, 'ELASTICSEARCH_UNAVAILABLE', 'rejected execution'],
    ['a proxy without a server', 503, 'no', 'ELASTICSEARCH_UNAVAILABLE', '503'],
    [
      'what makes no sense',
      400,
      { reason: 'a', caused_by: { reason: 'b' } },
      'ELASTICSEARCH_FAILED',
      '(400): a (b)',
    ],
  ])('%s', async (_name, status, error, code, message) => {
    const { url } = await scriptedElasticsearch({ 'GET /': { status, body: { error, status } } });
    const client = clientOf({ urls: [url], username: 'someone', passwordFile: join(folder, 'secret') });
    const thrown = await client.info({}, { maxRetries: 0 }).catch((caught: unknown) => caught);
    const failure = elasticsearchFailure(thrown, 'ask for its version');
    expect(failure).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(failure.message).toMatch(/^Could not ask for its version/);
  });

  test('something that is no Elasticsearch', async () => {
    const { url } = await scriptedElasticsearch({ 'GET /': { headers: { 'x-elastic-product': 'Other' } } });
    const thrown = await clientOf({ urls: [url] })
      .info()
      .catch((caught: unknown) => caught);
    expect(elasticsearchFailure(thrown, 'ask')).toMatchObject({ code: 'ELASTICSEARCH_UNSUPPORTED' });
  });

  test('nobody there, and nobody who answers', async () => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await new Promise((resolve) => silent.once('listening', resolve));
    const urls = ['http://127.0.0.1:1', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`];
    const texts = await Promise.all(
      urls.map(async (url) => {
        const client = clientOf({ urls: [url], requestTimeoutMs: 200 });
        const thrown = await client.info({}, { maxRetries: 0 }).catch((caught: unknown) => caught);
        const failure = elasticsearchFailure(thrown, 'ask');
        expect(failure.code).toBe('ELASTICSEARCH_UNAVAILABLE');
        return failure.message;
      }),
    );
    expect(texts[0]).toContain('ECONNREFUSED');
    expect(texts[1]).toContain('--elasticsearch-timeout');
  });

  test.each([
    ['a refusal', (url: string) => url],
    ['a server that is not there', () => 'http://127.0.0.1:1'],
  ])('%s shows no secret, neither in its message nor in a log', async (_name, urlOf) => {
    const { url } = await scriptedElasticsearch({ 'GET /': { status: 401 } });
    const client = clientOf({ urls: [urlOf(url)], apiKeyFile: join(folder, 'secret') });
    const thrown = await client.info({}, { maxRetries: 0 }).catch((caught: unknown) => caught);
    const failure = elasticsearchFailure(thrown, 'ask');
    for (const shown of [
      inspect(failure, { depth: 20 }),
      JSON.stringify(describeError(failure)),
      String(thrown),
    ]) {
      expect(shown).not.toContain(SECRET);
    }
  });
});
