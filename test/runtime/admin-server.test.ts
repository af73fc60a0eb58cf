import { afterEach, expect, test } from 'vitest';
import type { AdminServer } from '../../services/runtime/admin-server.ts';
import { startAdminServer } from '../../services/runtime/admin-server.ts';
import { FlowtapError } from '../../services/runtime/errors.ts';
import { MetricRegistry } from '../../services/runtime/metrics.ts';
import { Readiness } from '../../services/runtime/readiness.ts';

const open: AdminServer[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function start(readiness = new Readiness(), port = 0): Promise<AdminServer> {
  const metrics = new MetricRegistry();
  metrics.define({ up: { kind: 'gauge', name: 'test_up', help: 'Up.' } }).up.set(1);
  const server = await startAdminServer({ address: { host: '127.0.0.1', port }, metrics, readiness });
  open.push(server);
  return server;
}

test.each([
  ['GET', '/healthz', 200, 'ok\n'],
  ['HEAD', '/healthz', 200, ''],
  ['GET', '/readyz?verbose', 200, 'ready\n'],
  ['GET', '/metrics', 200, expect.stringContaining('test_up 1\n')],
  ['GET', '/', 404, expect.stringContaining('/readyz')],
  ['POST', '/healthz', 405, 'Only GET.\n'],
])('%s %s is %i', async (method, path, status, body) => {
  const { address } = await start();
  const answer = await fetch(`http://127.0.0.1:${address.port}${path}`, { method });
  expect([answer.status, await answer.text()]).toEqual([status, body]);
});

test('not ready, with each reason, until there is none', async () => {
  const readiness = new Readiness();
  let missing: string | undefined = 'first list not read yet';
  readiness.add('services', () => missing);
  readiness.add('cache', () => undefined);
  readiness.add('index', () => missing && 'away');
  const { address } = await start(readiness);
  const ask = async () => {
    const answer = await fetch(`http://127.0.0.1:${address.port}/readyz`);
    return [answer.status, await answer.text()];
  };
  expect(await ask()).toEqual([503, 'services: first list not read yet\nindex: away\n']);
  missing = undefined;
  expect(await ask()).toEqual([200, 'ready\n']);
});

test('a taken port is an error that names it; close twice is fine', async () => {
  const first = await start();
  const { port } = first.address;
  const second = start(new Readiness(), port);
  await expect(second).rejects.toThrow(FlowtapError);
  await expect(second).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
    message: expect.stringContaining(`:${port}`),
  });
  await first.close();
  await first.close();
});
