import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Connector } from '../../../services/probe/transport/connector.ts';
import { deflateBlock, gzipOf } from '../../../services/probe/transport/gzip-blocks.ts';
import { CachingResolver } from '../../../services/probe/transport/host-resolver.ts';
import { HttpReceiver } from '../../../services/probe/transport/http-receiver.ts';
import { OwnConnector } from '../../../services/probe/transport/own-connector.ts';
import { PlainConnector } from '../../../services/probe/transport/plain-connector.ts';
import type { ClientTls } from '../../../services/probe/transport/secure-connection.ts';
import { headerLine } from '../../../services/probe/transport/split-delivery.ts';
import { systemClock } from '../../../services/runtime/clock.ts';
import { batchHeader } from '../../fixtures/flow-batch.ts';
import type { FlowReceiverOptions } from '../../fixtures/flow-receiver.ts';
import { answering, FlowReceiver } from '../../fixtures/flow-receiver.ts';
import type { TestCertificate } from '../../fixtures/server-certificate.ts';
import { makeCertificate } from '../../fixtures/server-certificate.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { until } from '../../support/until.ts';

const NO_TLS: ClientTls = { caFile: undefined, certFile: undefined, keyFile: undefined };

/** The connector of Linux, and that of others. */
const CONNECTORS: Readonly<Record<string, () => Connector>> = {
  own: () =>
    new OwnConnector({
      resolver: new CachingResolver(systemClock),
      clock: systemClock,
      ignore: () => undefined,
    }),
  plain: () => new PlainConnector(),
};
const AVAILABLE = process.platform === 'linux' ? ['own', 'plain'] : ['plain'];

let folder: TemporaryFolder;
let body: Buffer;

beforeAll(async () => {
  body = gzipOf([
    await deflateBlock(headerLine(batchHeader({ events: 1 })), 1),
    await deflateBlock(Buffer.from('{}\n'), 1),
  ]);
});
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder.remove());

async function startServer(options: FlowReceiverOptions = {}): Promise<FlowReceiver> {
  const server = new FlowReceiver(options);
  await server.start();
  onTestFinished(() => server.stop());
  return server;
}

interface ClientChanges {
  readonly tokenFile?: string;
  readonly tls?: Partial<ClientTls>;
  readonly timeoutMs?: number;
  readonly connector?: Connector;
}

function createClient(url: string, changes: ClientChanges = {}): HttpReceiver {
  const client = new HttpReceiver({
    url: new URL(url),
    tokenFile: changes.tokenFile,
    tls: { ...NO_TLS, ...changes.tls },
    connector: changes.connector ?? CONNECTORS[AVAILABLE[0]](),
    timeoutMs: changes.timeoutMs ?? 20_000,
    maxConnections: 2,
    userAgent: 'flowtap-probe/1.2.3',
  });
  onTestFinished(() => client.close());
  return client;
}

const send = (client: HttpReceiver, signal = new AbortController().signal) => client.send(body, signal);

describe.each(AVAILABLE)('through the connector %s', (name) => {
  it('a delivery comes as it was, over one connection that is kept', async () => {
    const server = await startServer();
    const connector = CONNECTORS[name]();
    const client = createClient(`${server.url}?a=b`, { connector });
    for (const _ of [1, 2, 3]) {
      expect(await send(client)).toEqual({
        status: 200,
        retryAfter: undefined,
        text: '{"rejected":0,"duplicates":0}',
      });
    }
    expect(new Set(server.requests.map(({ remotePort }) => remotePort)).size).toBe(1);
    const [{ path, headers, batch }] = server.requests;
    expect(path).toBe('/v1/flows?a=b');
    expect(batch.lines).toEqual(['{}']);
    expect(headers).toMatchObject({
      host: `127.0.0.1:${server.port}`,
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
      'content-length': String(body.length),
      'user-agent': 'flowtap-probe/1.2.3',
    });
    expect(headers.authorization).toBeUndefined();
    const { sentBytes, receivedBytes } = connector.volume;
    expect(sentBytes).toBeGreaterThan(3 * body.length);
    expect(receivedBytes).toBeGreaterThan(3 * 29);
    client.close();
    await until(() => connector.volume.sentBytes === sentBytes);
  });

  it('a host is found by its name', async () => {
    const server = await startServer();
    const client = createClient(`http://localhost:${server.port}/v1/flows`, {
      connector: CONNECTORS[name](),
    });
    expect((await send(client)).status).toBe(200);
  });

  it.each([
    ['nobody listens', 'http://127.0.0.1:1/', /connect ECONNREFUSED 127\.0\.0\.1:1/],
    ['the name is not known', 'http://nowhere.invalid/', /ENOTFOUND|EAI_AGAIN/],
  ])('where %s it says so', async (_, url, message) => {
    await expect(send(createClient(url, { connector: CONNECTORS[name]() }))).rejects.toThrow(message);
  });

  it('one that says nothing is given up in time', async () => {
    const port = await startSilentPort();
    const client = createClient(`http://127.0.0.1:${port}/`, {
      connector: CONNECTORS[name](),
      timeoutMs: 50,
    });
    await expect(send(client)).rejects.toThrow('no answer within 50 ms');
  });
});

/** A port that accepts and says nothing. */
async function startSilentPort(): Promise<number> {
  const server = createTcpServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}

describe('an answer', () => {
  it('of any status is one', async () => {
    const server = await startServer();
    server.answer = answering(429, 7);
    expect(await send(createClient(server.url))).toEqual({
      status: 429,
      retryAfter: '7',
      text: 'as the test wants',
    });
  });

  it('that is long is cut', async () => {
    const server = await startServer();
    server.answer = (_, response) => response.end('x'.repeat(1_000_000));
    expect((await send(createClient(server.url))).text.length).toBeLessThan(200_000);
  });

  it('that does not come in time is none', async () => {
    const server = await startServer();
    server.answer = () => new Promise(() => undefined);
    await expect(send(createClient(server.url, { timeoutMs: 50 }))).rejects.toThrow('no answer within 50 ms');
  });

  it('that breaks off is none', async () => {
    const server = await startServer();
    server.answer = (_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('begin');
      response.socket?.end();
    };
    await expect(send(createClient(server.url))).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  });

  it('is not waited for when nobody wants it any more', async () => {
    const server = await startServer();
    const giveUp = new AbortController();
    server.answer = () => {
      giveUp.abort();
      return new Promise(() => undefined);
    };
    await expect(send(createClient(server.url), giveUp.signal)).rejects.toThrow();
  });
});

it('a connection that the receiver closed while nothing was sent is replaced without a failure', async () => {
  const server = await startServer();
  const client = createClient(server.url);
  await send(client);
  await server.stop();
  await server.start();
  expect((await send(client)).status).toBe(200);
  expect(server.requests.length).toBe(2);
});

it('a receiver that goes away with all its connections is an error for each delivery on its way', async () => {
  const server = await startServer();
  const client = createClient(server.url);
  await Promise.all([send(client), send(client)]);
  server.answer = () => new Promise(() => undefined);
  const sending = [send(client), send(client)];
  await until(() => server.requests.length === 4);
  await server.stop();
  const outcomes = await Promise.allSettled(sending);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

describe('the token', () => {
  it('is read anew for each delivery', async () => {
    const server = await startServer();
    const tokenFile = folder.fileOf(Buffer.from('first\n'));
    const client = createClient(server.url, { tokenFile });
    await send(client);
    writeFileSync(tokenFile, 'second');
    await send(client);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer first',
      'Bearer second',
    ]);
  });

  it('that is missing is named, without a request', async () => {
    const server = await startServer();
    const tokenFile = folder.newPath();
    await expect(send(createClient(server.url, { tokenFile }))).rejects.toThrow(
      `the token file cannot be read: ENOENT: no such file or directory, open '${tokenFile}'`,
    );
    expect(server.requests).toEqual([]);
  });
});

describe('with TLS', () => {
  let authority: TestCertificate;
  let certificate: TestCertificate;

  beforeEach((context) => {
    try {
      execFileSync('openssl', ['version'], { stdio: 'pipe' });
    } catch {
      context.skip('the command openssl is missing');
    }
    authority = makeCertificate(folder.path, 'authority');
    certificate = makeCertificate(folder.path, 'server', authority);
  });

  const serverTls = () => ({
    cert: readFileSync(certificate.certFile),
    key: readFileSync(certificate.keyFile),
  });

  it.each(AVAILABLE)('an authority that is named is trusted, through the connector %s', async (name) => {
    const server = await startServer({ tls: serverTls() });
    const client = createClient(server.url, {
      tls: { caFile: authority.certFile },
      connector: CONNECTORS[name](),
    });
    for (const _ of [1, 2]) expect((await send(client)).status).toBe(200);
    expect(new Set(server.requests.map(({ remotePort }) => remotePort)).size).toBe(1);
  });

  it('by a name that the certificate has', async () => {
    const server = await startServer({ tls: serverTls() });
    const url = `https://localhost:${server.port}/v1/flows`;
    expect((await send(createClient(url, { tls: { caFile: authority.certFile } }))).status).toBe(200);
  });

  it('no other authority is', async () => {
    const server = await startServer({ tls: serverTls() });
    await expect(send(createClient(server.url))).rejects.toThrow(/unable to verify|self.signed/);
    const other = makeCertificate(folder.path, 'other');
    await expect(send(createClient(server.url, { tls: { caFile: other.certFile } }))).rejects.toThrow(
      /unable to verify|self.signed|signature/,
    );
    expect(server.requests).toEqual([]);
  });

  it('another name than the certificate has is refused', async () => {
    const server = await startServer({ tls: serverTls(), host: '127.0.0.2' });
    const client = createClient(`https://127.0.0.2:${server.port}/`, { tls: { caFile: authority.certFile } });
    await expect(send(client)).rejects.toThrow(/altnames/);
  });

  it('an authority that is replaced counts from the next connection on', async () => {
    const server = await startServer({ tls: serverTls() });
    const caFile = folder.newPath();
    const client = createClient(server.url, { tls: { caFile } });
    await expect(send(client)).rejects.toThrow(`${caFile} cannot be read: ENOENT`);
    writeFileSync(caFile, 'no certificate');
    await expect(send(client)).rejects.toThrow();
    writeFileSync(caFile, readFileSync(authority.certFile));
    expect((await send(client)).status).toBe(200);
    rmSync(caFile);
    expect((await send(client)).status).toBe(200);
  });

  it('a certificate of our own is shown where it is asked for', async () => {
    const mine = makeCertificate(folder.path, 'probe', authority);
    const tls = {
      ...serverTls(),
      requestCert: true,
      rejectUnauthorized: true,
      ca: readFileSync(authority.certFile),
    };
    const server = await startServer({ tls });
    await expect(send(createClient(server.url, { tls: { caFile: authority.certFile } }))).rejects.toThrow();
    const client = createClient(server.url, { tls: { caFile: authority.certFile, ...mine } });
    expect((await send(client)).status).toBe(200);
  });

  it('a receiver that speaks no TLS is an error', async () => {
    const server = await startServer();
    const client = createClient(`https://127.0.0.1:${server.port}/`, { tls: { caFile: authority.certFile } });
    await expect(send(client)).rejects.toThrow();
  });

  it('a handshake that does not come to an end is given up', async () => {
    const port = await startSilentPort();
    const client = createClient(`https://127.0.0.1:${port}/`, {
      tls: { caFile: authority.certFile },
      timeoutMs: 50,
    });
    await expect(send(client)).rejects.toThrow('no answer within 50 ms');
  });
});
