import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import type { TokenAuthority, TokenVerdict } from '../../../services/enrichment/receive/authenticator.ts';
import { createAuthenticator } from '../../../services/enrichment/receive/authenticator.ts';
import { tokenAuthority } from '../../fakes/token-authority.ts';
import { headerLine, namedEvent, ndjson, plainEvent } from '../../fixtures/flow-batch.ts';
import type { RunningTestEnrichment, TestEnrichmentChanges } from '../../fixtures/running-enrichment.ts';
import { runTestEnrichment } from '../../fixtures/running-enrichment.ts';

const NDJSON = { 'content-type': 'application/x-ndjson' };
const GZIP = { ...NDJSON, 'content-encoding': 'gzip' };
const EVENT = ndjson([namedEvent('a')]);

interface Case {
  readonly changes?: TestEnrichmentChanges;
  readonly arrange?: (running: RunningTestEnrichment) => void;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly status: number;
  readonly answer: object;
  /** Headers of the answer. */
  readonly says?: Record<string, unknown>;
}

const refused = (reason: string, message: string | RegExp = /./) => ({
  error: { reason, message: expect.stringMatching(message) },
});
const taken = (indexed: number, duplicates = 0) => ({ indexed, duplicates, rejected: 0, errors: [] });
const authorities = [
  tokenAuthority({
    good: { kind: 'accepted', sender: { method: 'token_file', name: 'token:edge' } },
    bad: { kind: 'forbidden', message: 'Not you.' },
    unclear: { kind: 'undecided', message: 'No answer.' },
  }),
];
const withTokens = { authenticator: createAuthenticator({ authorities, allowAnonymous: false }) };
const seconds = expect.stringMatching(/^[1-9]\d*$/);

const CASES: Readonly<Record<string, Case>> = {
  'plain events': { body: EVENT, status: 200, answer: taken(1) },
  'events in gzip': { headers: GZIP, body: gzipSync(EVENT), status: 200, answer: taken(1) },
  'a charset beside the type': {
    headers: { 'content-type': 'Application/X-NDJSON; charset=utf-8' },
    body: EVENT,
    status: 200,
    answer: taken(1),
  },
  'the same event twice': { body: EVENT + EVENT, status: 200, answer: taken(1, 1) },
  'a header and its events': {
    body: ndjson([headerLine({ events: 1 }), namedEvent('a')]),
    status: 200,
    answer: taken(1),
  },
  'a heartbeat alone': {
    body: ndjson([headerLine({ events: 0, heartbeat: true })]),
    status: 200,
    answer: taken(0),
  },
  'a bad line among good ones': {
    body: ndjson([namedEvent('a'), plainEvent({ source: { ip: 'x' } }), namedEvent('b')]),
    status: 200,
    answer: {
      indexed: 2,
      duplicates: 0,
      rejected: 1,
      errors: [{ line: 2, field: 'source.ip', message: 'line 2: source.ip must be an IP address, not "x"' }],
    },
  },
  'bad lines only': {
    body: '{\n7\n',
    status: 400,
    answer: { indexed: 0, duplicates: 0, rejected: 2, errors: [expect.anything(), expect.anything()] },
  },
  'many bad lines': {
    body: '7\n'.repeat(30),
    status: 400,
    answer: { rejected: 30, errors: Array.from({ length: 10 }, () => expect.anything()) },
  },
  'an event that the index refuses': {
    arrange: ({ index }) => {
      index.outcome = ({ body, stream }) =>
        body.includes('"b"') && stream.startsWith('logs-flowtap.flow')
          ? { kind: 'rejected', type: 'parsing', reason: 'odd' }
          : undefined;
    },
    body: ndjson([headerLine({ events: 2 }), namedEvent('a'), namedEvent('b')]),
    status: 200,
    answer: {
      indexed: 1,
      rejected: 1,
      errors: [{ line: 3, field: '', message: 'line 3: the index refused it: parsing: odd' }],
    },
  },
  'an event that breaks enrichment': {
    body: ndjson([namedEvent('a'), namedEvent('poison'), namedEvent('b')]),
    status: 200,
    answer: {
      indexed: 2,
      rejected: 1,
      errors: [{ line: 2, field: '', message: 'line 2: no document: poison' }],
    },
  },
  'no line': { body: '\n', status: 400, answer: refused('empty') },
  'a wrong header': {
    body: ndjson([headerLine({ sequence: -1 }), namedEvent('a')]),
    status: 400,
    answer: refused('bad_header', /^line 1: flowtap.batch.sequence must be/),
  },
  'no gzip': { headers: GZIP, body: EVENT, status: 400, answer: refused('damaged_encoding') },
  'half a gzip': {
    headers: GZIP,
    body: gzipSync(EVENT).subarray(0, 40),
    status: 400,
    answer: refused('damaged_encoding'),
  },
  'no token': {
    changes: withTokens,
    body: EVENT,
    status: 401,
    answer: refused('unauthenticated'),
    says: { 'www-authenticate': expect.stringContaining('Bearer') },
  },
  'a wrong token': {
    changes: withTokens,
    headers: { ...NDJSON, authorization: 'Bearer x' },
    body: EVENT,
    status: 401,
    answer: refused('unauthenticated'),
  },
  'a good token': {
    changes: withTokens,
    headers: { ...NDJSON, authorization: 'Bearer good' },
    body: EVENT,
    status: 200,
    answer: taken(1),
  },
  'a token of somebody else': {
    changes: withTokens,
    headers: { ...NDJSON, authorization: 'Bearer bad' },
    body: EVENT,
    status: 403,
    answer: refused('forbidden', 'Not you.'),
  },
  'nobody to ask about a token': {
    changes: withTokens,
    headers: { ...NDJSON, authorization: 'Bearer unclear' },
    body: EVENT,
    status: 503,
    answer: refused('cannot_authenticate'),
    says: { 'retry-after': seconds },
  },
  'another path': { path: '/v1/logs', body: EVENT, status: 404, answer: refused('not_found', 'v1/flows') },
  'another method': {
    method: 'PUT',
    body: EVENT,
    status: 405,
    answer: refused('method_not_allowed'),
    says: { allow: 'POST' },
  },
  'a browser': { method: 'GET', status: 405, answer: refused('method_not_allowed') },
  'too many bytes': { body: EVENT.repeat(1000), status: 413, answer: refused('too_large', '100000 bytes') },
  'a bomb': {
    headers: GZIP,
    body: gzipSync(Buffer.alloc(20 * 2 ** 20, 10)),
    status: 413,
    answer: refused('too_large', '100000 bytes'),
  },
  'too many lines': { body: '7\n'.repeat(1001), status: 413, answer: refused('too_large', '1000 lines') },
  'another type': {
    headers: { 'content-type': 'application/json' },
    body: EVENT,
    status: 415,
    answer: refused('unsupported_type', 'not application/json'),
    says: { 'accept-post': 'application/x-ndjson' },
  },
  'another encoding': {
    headers: { ...NDJSON, 'content-encoding': 'br' },
    body: EVENT,
    status: 415,
    answer: refused('unsupported_encoding', 'not br'),
    says: { 'accept-encoding': 'gzip, identity' },
  },
  'no room': {
    changes: { limits: { maxInFlightBytes: 100 } },
    body: EVENT,
    status: 429,
    answer: refused('busy'),
    says: { 'retry-after': seconds },
  },
  'an index that is known to be away': {
    arrange: ({ index }) => {
      index.unavailability = { reason: 'connection refused', retryAfterMs: 4000 };
    },
    body: EVENT,
    status: 503,
    answer: refused('index_unavailable', 'connection refused'),
    says: { 'retry-after': expect.stringMatching(/^[4-8]$/) },
  },
  'an index that does not take all': {
    arrange: ({ index }) => {
      index.outcome = ({ body }) =>
        body.includes('"b"') ? { kind: 'retry', reason: 'shard away' } : undefined;
    },
    body: ndjson([namedEvent('a'), namedEvent('b')]),
    status: 503,
    answer: refused('index_unavailable', 'shard away'),
    says: { 'retry-after': seconds },
  },
  'an index that refuses an event and cannot take its letter': {
    arrange: ({ index }) => {
      index.outcome = ({ stream }) =>
        stream.includes('deadletter')
          ? { kind: 'retry', reason: 'away' }
          : { kind: 'rejected', type: 'parsing', reason: 'odd' };
    },
    body: EVENT,
    status: 503,
    answer: refused('index_unavailable', 'away'),
  },
  'an index that breaks': {
    arrange: ({ index }) => {
      index.outcome = () => {
        throw new Error('secret detail');
      };
    },
    body: EVENT,
    status: 500,
    answer: { error: { reason: 'internal', message: expect.not.stringContaining('secret') } },
  },
};

test.each(Object.keys(CASES))('%s', async (name) => {
  const {
    changes,
    arrange,
    path,
    method = 'POST',
    headers = NDJSON,
    body,
    status,
    answer,
    says,
  } = CASES[name];
  const running = await runTestEnrichment(changes);
  arrange?.(running);
  const url = path === undefined ? running.url : new URL(path, running.url).href;
  const response = await fetch(url, {
    method,
    headers,
    ...(body !== undefined && { body: Buffer.from(body as string) }),
  });
  expect([response.status, await response.json()]).toEqual([status, expect.objectContaining(answer)]);
  for (const [header, value] of Object.entries(says ?? {}))
    expect(response.headers.get(header)).toEqual(value);
  expect(await running.metrics.value('flowtap_enrichment_in_flight_bytes')).toBe(0);
});

describe('dead letters', () => {
  test('keep what was refused, with who refused it and why, once', async () => {
    const { url, index, metrics } = await runTestEnrichment();
    index.outcome = ({ body, stream }) =>
      body.includes('"b"') && stream.includes('flow-')
        ? { kind: 'rejected', type: 'parsing', reason: 'odd' }
        : undefined;
    const body = ndjson([
      namedEvent('b'),
      namedEvent('poison'),
      plainEvent({ source: 7 }),
      '{',
      namedEvent('a'),
    ]);
    await fetch(url, { method: 'POST', headers: NDJSON, body });
    await fetch(url, { method: 'POST', headers: NDJSON, body });
    expect(index.flows()).toEqual(['a']);
    const letters = index.deadLetters() as {
      event: { original: string };
      flowtap: { deadletter: object };
      error: object;
    }[];
    expect(
      letters.map(({ event, flowtap, error }) => [flowtap.deadletter, error, event.original.slice(0, 20)]),
    ).toEqual(
      expect.arrayContaining([
        [
          { stage: 'receive', reason: 'invalid_field', sender: 'anonymous' },
          { type: 'invalid_field', message: expect.stringContaining('line 3: source must be an object') },
          expect.stringContaining('{"@timestamp"'),
        ],
        [
          { stage: 'receive', reason: 'invalid_line', sender: 'anonymous' },
          { type: 'invalid_line', message: expect.stringContaining('line 4: the line is not JSON') },
          '{',
        ],
        [
          { stage: 'enrich', reason: 'TypeError', sender: 'anonymous' },
          { type: 'TypeError', message: 'poison' },
          expect.stringContaining('{"@timestamp"'),
        ],
        [
          { stage: 'index', reason: 'parsing', stream: 'logs-flowtap.flow-default' },
          { type: 'parsing', message: 'odd' },
          expect.stringContaining('{"@timestamp"'),
        ],
      ]),
    );
    expect(letters).toHaveLength(4);
    const count = (stage: string) => metrics.value('flowtap_enrichment_dead_letters_total', { stage });
    expect(await Promise.all(['receive', 'enrich', 'index'].map(count))).toEqual([2, 1, 1]);
  });

  test('that are refused too are counted, and end there', async () => {
    const { url, index, metrics } = await runTestEnrichment();
    index.outcome = () => ({ kind: 'rejected', type: 'parsing', reason: 'odd' });
    const response = await fetch(url, { method: 'POST', headers: NDJSON, body: `${EVENT}7\n` });
    expect(response.status).toBe(400);
    expect(await metrics.value('flowtap_enrichment_dead_letters_lost_total')).toBe(2);
    expect(index.writes).toBe(2);
  });
});

test('a sender that goes while its token is checked leaves nothing behind', async () => {
  const checked = Promise.withResolvers<TokenVerdict>();
  const asked = Promise.withResolvers<void>();
  const authority: TokenAuthority = {
    judge: () => {
      asked.resolve();
      return checked.promise;
    },
  };
  const authenticator = createAuthenticator({ authorities: [authority], allowAnonymous: false });
  const { port, metrics } = await runTestEnrichment({ authenticator });
  const socket = connect(port, '127.0.0.1');
  socket.write(
    'POST /v1/flows HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\n' +
      'content-type: application/x-ndjson\r\ncontent-length: 500\r\n\r\n{',
  );
  await asked.promise;
  socket.resetAndDestroy();
  await once(socket, 'close');
  await setTimeout(50);
  checked.resolve({ kind: 'accepted', sender: { method: 'token_file', name: 'token:edge' } });
  await vi.waitUntil(async () => {
    const gone = await metrics.value('flowtap_enrichment_refusals_total', { reason: 'sender_gone' });
    return gone === 1 && (await metrics.value('flowtap_enrichment_in_flight_bytes')) === 0;
  });
});

test('the enricher is told who sent, and whether the probe lost something', async () => {
  const { url, enricher } = await runTestEnrichment();
  const send = (sequence: number, drops: number) =>
    fetch(url, {
      method: 'POST',
      headers: NDJSON,
      body: ndjson([
        headerLine({ sequence, counters: { 'capture.kernel_drops': drops } }),
        namedEvent(`e${sequence}`),
      ]),
    });
  await send(1, 0);
  await send(2, 5);
  await send(3, 5);
  expect(enricher.senders.map(({ lossy }) => lossy)).toEqual([false, true, false]);
  expect(enricher.senders[0]).toMatchObject({ name: 'anonymous', pod: { name: 'web-1' }, ips: ['10.0.0.1'] });
});

test('the enricher is told from which address a pod that a token names has sent', async () => {
  const pod = { namespace: 'shop', name: 'web-1', uid: 'uid-1' };
  const good = { kind: 'accepted', sender: { method: 'token_review', name: 'sa', pod } } as const;
  const authenticator = createAuthenticator({
    authorities: [tokenAuthority({ good })],
    allowAnonymous: false,
  });
  const { url, enricher } = await runTestEnrichment({ authenticator });
  await fetch(url, {
    method: 'POST',
    headers: { ...NDJSON, authorization: 'Bearer good', 'x-forwarded-for': '10.0.0.1' },
    body: ndjson([headerLine({ events: 1 }), namedEvent('a')]),
  });
  expect(enricher.senders).toMatchObject([{ ips: ['10.0.0.1'], provenIps: [new URL(url).hostname] }]);
});

test('a sender beyond its rate waits; others do not', async () => {
  const two = { kind: 'accepted', sender: { method: 'token_file', name: 'token:two' } } as const;
  const one = { kind: 'accepted', sender: { method: 'token_file', name: 'token:one' } } as const;
  const authenticator = createAuthenticator({
    authorities: [tokenAuthority({ one, two })],
    allowAnonymous: false,
  });
  const { url } = await runTestEnrichment({ authenticator, limits: { maxEventsPerSecond: 0.1 } });
  const send = (token: string) =>
    fetch(url, {
      method: 'POST',
      headers: { ...NDJSON, authorization: `Bearer ${token}` },
      body: ndjson([namedEvent('a'), namedEvent('b')]),
    });
  expect((await send('one')).status).toBe(200);
  const second = await send('one');
  expect([second.status, Number(second.headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
  expect((await send('two')).status).toBe(200);
});
