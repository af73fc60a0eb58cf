import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Edges, FlowSource, Split } from '../../services/console/flow-source.ts';
import { MemoryFlowSource } from '../../services/console/memory/memory-flow-source.ts';
import { checkAccess, readPassword } from '../../services/console/server/access.ts';
import { SECURITY_HEADERS } from '../../services/console/server/security-headers.ts';
import { FlowtapError } from '../../services/runtime/errors.ts';
import { CALLS, consoleDocuments } from '../fixtures/console-traffic.ts';
import { TestConsole } from '../fixtures/running-console.ts';
import { TemporaryFolder } from '../fixtures/temporary-folder.ts';

interface Page {
  readonly flows: readonly unknown[];
  readonly found: number;
  readonly next?: string;
}

const PASSWORD = 'correct horse battery';

let served: TestConsole;
const more: TestConsole[] = [];

beforeAll(async () => {
  served = await TestConsole.start(await consoleDocuments());
});

afterEach(async () => {
  for (const one of more.splice(0)) await one.close();
});

afterAll(() => served.close());

async function start(...args: Parameters<typeof TestConsole.start>): Promise<TestConsole> {
  const one = await TestConsole.start(...args);
  more.push(one);
  return one;
}

/** What is answered, of the form that the test says. */
async function answerOf<Answer>(path: string): Promise<Answer> {
  const response = await served.fetch(path);
  return (await response.json()) as Answer;
}

const errorOf = async (path: string, from = served, init: RequestInit = {}) => {
  const response = await from.fetch(path, init);
  return {
    status: response.status,
    ...((await response.json()) as { readonly error: { code: string; message: string } }).error,
  };
};

describe('what is served', () => {
  test.each([
    ['/', 'text/html; charset=utf-8', 200],
    ['/main.js', 'text/javascript; charset=utf-8', 200],
    ['/console.css', 'text/css; charset=utf-8', 200],
    ['/icon.svg', 'image/svg+xml; charset=utf-8', 200],
    ['/api/about', 'application/json; charset=utf-8', 200],
    ['/api/edges', 'application/json; charset=utf-8', 200],
    ['/main.ts', 'application/json; charset=utf-8', 404],
    ['/../flow-source.ts', 'application/json; charset=utf-8', 404],
    ['/api/edges?level=x', 'application/json; charset=utf-8', 400],
  ])('%s is %s', async (path, type, status) => {
    const response = await served.fetch(path);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe(type);
    for (const [name, value] of Object.entries(SECURITY_HEADERS))
      expect(response.headers.get(name)).toBe(value);
  });

  test('nothing but its own files may be loaded, and nothing inline', () => {
    const policy = SECURITY_HEADERS['content-security-policy'];
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).not.toMatch(/unsafe|http|\*|data:/);
  });

  test('the page itself has nothing inline', async () => {
    const html = await (await served.fetch('/')).text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=|https?:/);
  });

  test('what has not changed is not sent again', async () => {
    for (const path of ['/console.css', '/api/edges?last=all']) {
      const first = await served.fetch(path);
      const again = await served.fetch(path, {
        headers: { 'if-none-match': String(first.headers.get('etag')) },
      });
      expect(again.status).toBe(304);
      expect(await again.text()).toBe('');
      expect(again.headers.get('cache-control')).toBe('private, no-cache');
    }
  });

  test('it only reads', async () => {
    expect(await errorOf('/api/edges', served, { method: 'POST' })).toMatchObject({
      status: 405,
      code: 'reading_only',
    });
  });
});

describe('answers', () => {
  test('edges', async () => {
    const { edges, found } = await answerOf<Edges>('/api/edges?last=all&level=workload&size=1');
    expect(edges).toMatchObject([{ source: { name: 'web' }, destination: { name: 'cart' } }]);
    expect(found).toBe(6);
  });

  test('the time is that of the server: the last minutes are those before now', async () => {
    const found = async (time: string): Promise<number> => (await answerOf<Page>(`/api/flows?${time}`)).found;
    expect(await found('last=2m')).toBe(16);
    expect(await found('last=30s')).toBe(0);
    expect(await found('from=2026-01-15T10:03:10Z&to=2026-01-15T10:03:11Z')).toBe(16);
    expect(await found('to=2026-01-15T10:03:10Z')).toBe(0);
  });

  test('pages of flows follow one another', async () => {
    const first = await answerOf<Page>('/api/flows?last=all&size=10');
    const second = await answerOf<Page>(`/api/flows?last=all&size=10&after=${first.next}`);
    expect([first.flows.length, second.flows.length, second.next]).toEqual([10, 6, undefined]);
  });

  test('a split', async () => {
    const { pods } = await answerOf<Split>('/api/split?last=all&service=shop/cart');
    expect(pods.map(({ volume }) => volume.connections)).toEqual(CALLS);
  });
});

test.each([
  ['edges?level=planet', 'level must be one of namespace, service, workload, pod, address.'],
  ['edges?size=0', 'size must be a whole number from 1 to 5000.'],
  ['edges?port=70000', 'port must be a whole number from 1 to 65535.'],
  ['edges?namespace=a&namespace=b', 'namespace must be a name of at most 253 characters.'],
  ['edges?address=10.0.0.0/33', 'address must be an address such as 10.0.0.1 or a range such as 10.0.0.0/8.'],
  ['edges?label=a*b=c', 'label must be a label such as app=web.'],
  ['edges?label=__proto__=c', 'label must be a label such as app=web.'],
  ['edges?last=never', 'last must be a time such as 15m, 6h or 7d, or all.'],
  ['edges?last=1h&from=0', 'last must not be given together with from or to.'],
  ['edges?from=2&to=1', 'from must be before to.'],
  ['edges?source=moon:x', 'source must be an end such as service:shop/cart, address:10.0.0.1 or outside.'],
  ['edges?x=1', 'x is no parameter here.'],
  ['split?last=all', 'service must be given.'],
  ['split?service=cart', 'service must be a namespace and a service such as shop/cart.'],
  ['split?service=a/b&by=x.%22', 'by must be the name of a label such as app.kubernetes.io/version.'],
  ['flows?size=201', 'size must be a whole number from 1 to 200.'],
  ['flows?after=abc', 'after must be the next of an answer.'],
  ['flow', 'id must be given.'],
  ['probes?pod=x', 'pod is no parameter here.'],
])('%s: %s', async (path, message) => {
  expect(await errorOf(`/api/${path}`)).toEqual({ status: 400, code: 'bad_parameter', message });
});

describe('when the source fails', () => {
  const failing = (edges: FlowSource['edges']): FlowSource =>
    Object.assign(new MemoryFlowSource(1), { edges });

  test.each([
    [
      new FlowtapError('ELASTICSEARCH_UNAVAILABLE', 'elasticsearch', 'Not now.'),
      503,
      'elasticsearch_unavailable',
      'Not now.',
    ],
    [
      new FlowtapError('ELASTICSEARCH_REFUSED', 'elasticsearch', 'Not you.'),
      502,
      'elasticsearch_refused',
      'Not you.',
    ],
    [new Error('secret'), 500, 'internal', 'The console failed; its log says why.'],
  ])('%s', async (error, status, code, message) => {
    const source = failing(() => Promise.reject(error));
    expect(await errorOf('/api/edges', await start([], { source }))).toEqual({ status, code, message });
  });

  test('what takes too long is given up, and asked no more', async () => {
    let wasAborted = false;
    const source = failing(
      (_query, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            wasAborted = true;
            reject(new Error('aborted'));
          });
        }),
    );
    expect(await errorOf('/api/edges', await start([], { source, timeoutMs: 50 }))).toMatchObject({
      status: 504,
      code: 'too_late',
    });
    expect(wasAborted).toBe(true);
  });

  test('who comes when too many ask is told to come again', async () => {
    let answer: (() => void) | undefined;
    const source = failing(
      () =>
        new Promise((resolve) => {
          answer = () =>
            resolve({ edges: [], found: 0, total: { connections: 0 } as never, isPartial: false });
        }),
    );
    const busy = await start([], { source, maxQuestions: 1 });
    const first = busy.fetch('/api/edges');
    await expect.poll(() => answer).toBeDefined();
    const second = await busy.fetch('/api/edges');
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '2']);
    answer?.();
    expect((await first).status).toBe(200);
  });
});

describe('who may look', () => {
  const basic = (password: string): string =>
    `Basic ${Buffer.from(`anybody:${password}`).toString('base64')}`;

  test.each([
    [undefined, 401],
    [basic(PASSWORD), 200],
    [`Bearer ${PASSWORD.replaceAll(' ', '')}`, 401],
    [basic('wrong'), 401],
    [basic(''), 401],
    ['Basic', 401],
    ['Digest x', 401],
  ])('with a password: %s is answered with %i', async (authorization, status) => {
    const guarded = await start([], { access: { password: PASSWORD, allowAnonymous: false } });
    for (const path of ['/', '/main.js', '/api/edges']) {
      const response = await guarded.fetch(
        path,
        authorization === undefined ? {} : { headers: { authorization } },
      );
      expect(response.status).toBe(status);
      expect(response.headers.get('www-authenticate')).toBe(
        status === 401 ? 'Basic realm="flowtap console", charset="UTF-8"' : null,
      );
    }
  });

  test('a program sends it as bearer token', async () => {
    const token = 'a-token-of-some-length';
    const guarded = await start([], { access: { password: token, allowAnonymous: false } });
    expect(
      (await guarded.fetch('/api/edges', { headers: { authorization: `Bearer ${token}` } })).status,
    ).toBe(200);
  });

  test.each([
    ['127.0.0.1', 200],
    ['localhost:9', 200],
    ['[::1]:9', 200],
    ['127.0.0.1.example', 421],
    ['rebound.example', 421],
    ['[2001:db8::1]', 421],
  ])('without one, as %s: %i', async (host, status) => {
    const answered = await new Promise((resolve, reject) => {
      request({ port: served.port, host: '127.0.0.1', path: '/api/edges', headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(answered).toBe(status);
  });

  test.each([
    ['127.0.0.1', undefined, false, true],
    ['::1', undefined, false, true],
    ['localhost', undefined, false, true],
    [undefined, undefined, false, false],
    ['0.0.0.0', undefined, false, false],
    ['192.0.2.1', undefined, false, false],
    ['192.0.2.1', PASSWORD, false, true],
    ['192.0.2.1', undefined, true, true],
  ])(
    'at %s with password %s and anonymous %s it may listen: %s',
    (host, password, allowAnonymous, allowed) => {
      const check = (): void => checkAccess({ host, port: 80 }, { password, allowAnonymous });
      if (allowed) expect(check).not.toThrow();
      else expect(check).toThrow(/Who may look\?/);
    },
  );

  test('a password is read from its file, and must not be short', () => {
    const folder = new TemporaryFolder();
    const path = join(folder.path, 'password');
    try {
      expect(() => readPassword(path)).toThrow(/cannot be read/);
      writeFileSync(path, 'short\n');
      expect(() => readPassword(path)).toThrow(/fewer than 16 characters/);
      writeFileSync(path, `${PASSWORD}\n`);
      expect(readPassword(path)).toBe(PASSWORD);
    } finally {
      folder.remove();
    }
  });
});
