import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest, Agent as SecureAgent } from 'node:https';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { createAuthenticator } from '../../../services/enrichment/receive/authenticator.ts';
import { headerLine, namedEvent, ndjson } from '../../fixtures/flow-batch.ts';
import type { RunningTestEnrichment } from '../../fixtures/running-enrichment.ts';
import { runTestEnrichment } from '../../fixtures/running-enrichment.ts';
import { makeCertificate } from '../../fixtures/server-certificate.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { until } from '../../support/until.ts';

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

const NDJSON = { 'content-type': 'application/x-ndjson' };
const send = ({ url }: RunningTestEnrichment, body: string) =>
  fetch(url, { method: 'POST', headers: NDJSON, body });

/** A connection whose bytes the test writes. */
async function open(running: RunningTestEnrichment): Promise<Socket> {
  const socket = connect(running.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const HEAD = 'POST /v1/flows HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-ndjson\r\n';

describe('TLS', () => {
  const authority = makeCertificate(folder.path, 'authority');
  const client = makeCertificate(folder.path, 'edge-7', authority);
  const stranger = makeCertificate(folder.path, 'stranger');

  interface SecureReply {
    readonly status: number | undefined;
    readonly body: string;
  }

  function post(url: string, certificate?: { certFile: string; keyFile: string }): Promise<SecureReply> {
    const agent = new SecureAgent({
      ca: readFileSync(authority.certFile),
      ...(certificate && {
        cert: readFileSync(certificate.certFile),
        key: readFileSync(certificate.keyFile),
      }),
    });
    return new Promise((resolve, reject) => {
      const request = httpsRequest(url, {
        method: 'POST',
        headers: { ...NDJSON, 'content-encoding': 'gzip' },
        agent,
      });
      request.on('error', reject).on('response', (response) => {
        text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
      });
      request.end(gzipSync(ndjson([headerLine(), namedEvent('a')])));
    });
  }

  test('the batch comes through it', async () => {
    const { url, index } = await runTestEnrichment({ tls: authority });
    expect(await post(url)).toMatchObject({ status: 200, body: expect.stringContaining('"indexed":1') });
    expect(index.flows()).toEqual(['a']);
  });

  test('a certificate of the authority names the sender; others do not get in', async () => {
    const tls = { ...authority, clientCaFile: authority.certFile };
    const authenticator = createAuthenticator({ authorities: [], allowAnonymous: false });
    const { url, enricher } = await runTestEnrichment({ tls, authenticator });
    expect(await post(url, client)).toMatchObject({ status: 200 });
    expect(enricher.senders).toMatchObject([{ name: 'certificate:edge-7' }]);
    await expect(post(url, stranger)).rejects.toThrow();
    await expect(post(url)).rejects.toThrow();
  });
});

describe('senders that are slow, or go away', () => {
  test('a body that does not come ends in 408', async () => {
    const running = await runTestEnrichment({ limits: { requestTimeoutMs: 50 } });
    const socket = await open(running);
    socket.write(`${HEAD}content-length: 100\r\n\r\n{`);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 408 /);
    await until(async () => (await running.metrics.value('flowtap_enrichment_in_flight_bytes')) === 0);
    expect(await running.metrics.value('flowtap_enrichment_refusals_total', { reason: 'sender_gone' })).toBe(
      1,
    );
  });

  test('half a body leaves nothing', async () => {
    const running = await runTestEnrichment();
    const socket = await open(running);
    socket.write(`${HEAD}content-length: 1000\r\n\r\n${ndjson([namedEvent('a')])}`);
    await until(async () => (await running.metrics.value('flowtap_enrichment_in_flight_bytes')) > 0);
    socket.destroy();
    await until(async () => (await running.metrics.value('flowtap_enrichment_in_flight_bytes')) === 0);
    expect(running.index.flows()).toEqual([]);
    expect((await send(running, ndjson([namedEvent('b')]))).status).toBe(200);
  });

  test('one that never ends to send is answered, and cut', async () => {
    const running = await runTestEnrichment();
    const socket = await open(running);
    socket.on('error', () => undefined);
    socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`);
    const chunk = `10000\r\n${'x'.repeat(0x1_0000)}\r\n`;
    let answer = '';
    socket.on('data', (bytes: Buffer) => {
      answer += bytes;
    });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', more);
    more();
    await closed;
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(running.index.writes).toBe(0);
  });
});

describe('before a body is sent', () => {
  test.each([
    ['goes on', 1_000_000, '100'],
    ['is refused', 10, '429'],
  ])('a sender that asks first %s', async (_what, maxInFlightBytes, status) => {
    const running = await runTestEnrichment({ limits: { maxInFlightBytes } });
    const socket = await open(running);
    const body = ndjson([namedEvent('a')]);
    socket.write(`${HEAD}content-length: ${body.length}\r\nexpect: 100-continue\r\n\r\n`);
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    if (status !== '100') return;
    socket.write(body);
    const [second] = (await once(socket, 'data')) as [Buffer];
    expect(second.toString()).toMatch(/^HTTP\/1.1 200 /);
  });
});

test('many at once never hold more bytes than they may; each is taken in the end', async () => {
  const maxInFlightBytes = 60_000;
  const running = await runTestEnrichment({ limits: { maxInFlightBytes } });
  const gate = Promise.withResolvers<void>();
  running.index.gate = gate.promise;
  let most = 0;
  const watch = setInterval(async () => {
    most = Math.max(most, await running.metrics.value('flowtap_enrichment_in_flight_bytes'));
  }, 1);
  onTestFinished(() => clearInterval(watch));
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const bodies = Array.from({ length: 40 }, (_, batch) =>
    ndjson(Array.from({ length: 50 }, (__, event) => namedEvent(`${batch}-${event}`))),
  );
  const attempt = (body: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(running.url, {
        method: 'POST',
        headers: { ...NDJSON, 'content-encoding': 'gzip' },
        agent,
      });
      request.on('error', reject).on('response', (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      request.end(gzipSync(body));
    });
  const first = Promise.all(bodies.map(attempt));
  await until(
    async () => (await running.metrics.value('flowtap_enrichment_refusals_total', { reason: 'busy' })) > 0,
  );
  gate.resolve();
  const statuses = await first;
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  for (const [index, body] of bodies.entries()) {
    let status = statuses[index];
    while (status === 429) status = await attempt(body);
    expect(status).toBe(200);
  }
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(maxInFlightBytes);
  expect(running.index.flows()).toHaveLength(2000);
});

describe('at the end', () => {
  test('what has begun is answered, and nothing new is taken', async () => {
    const running = await runTestEnrichment();
    const gate = Promise.withResolvers<void>();
    running.index.gate = gate.promise;
    const pending = send(running, ndjson([namedEvent('a')]));
    await until(() => running.index.writes === 1);
    const closing = running.close();
    await expect(send(running, ndjson([namedEvent('b')]))).rejects.toThrow();
    expect(running.index.closed).toBe(0);
    gate.resolve();
    const response = await pending;
    expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
    await closing;
    await running.close();
    expect(running.index.closed).toBe(1);
    expect(running.index.flows()).toEqual(['a']);
  });

  test('who waits too long is told to come again', async () => {
    const running = await runTestEnrichment({ limits: { graceMs: 100 } });
    running.index.gate = new Promise(() => undefined);
    const pending = send(running, ndjson([namedEvent('a')]));
    await until(() => running.index.writes === 1);
    await running.close();
    const response = await pending;
    expect(response.status).toBe(503);
    expect(running.index.closed).toBe(1);
  });
});
