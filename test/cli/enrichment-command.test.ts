import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { startBulkServer } from '../fakes/bulk-server.ts';
import { headerLine, namedEvent, ndjson, plainEvent } from '../fixtures/flow-batch.ts';
import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import { environmentOfOwned } from '../servers/keeper.ts';
import { FLOWTAP_MAIN, finished, runFlowtap } from '../support/flowtap-process.ts';

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

interface LogLine {
  readonly message: string;
  readonly 'server.port'?: number;
}

/** Lines of the log until the one with the message, which is last. */
async function logUntil(child: ChildProcess, message: string): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of createInterface({ input: child.stderr! })) {
    lines.push(JSON.parse(line));
    if (lines.at(-1)?.message === message) return lines;
  }
  throw new Error(`It ended without saying "${message}": ${JSON.stringify(lines)}`);
}

function start(args: readonly string[]): ChildProcess {
  const everywhere = ['--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
  const child = spawn(process.execPath, [FLOWTAP_MAIN, 'enrichment', ...everywhere, ...args], {
    env: environmentOfOwned(),
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

const send = (port: number | undefined, body: string, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${port}/v1/flows`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    body,
  });

describe('with Elasticsearch and a word on who may send', () => {
  test('flows become documents, which the log and the metrics know of', async () => {
    const server = await startBulkServer();
    onTestFinished(() => server.close());
    const child = start(['--elasticsearch', server.url, '--allow-anonymous', '--cluster', 'demo']);
    const log = await logUntil(child, 'taking flows');
    expect(log.map(({ message }) => message)).toEqual([
      'health and metrics are served',
      expect.stringContaining('no Kubernetes names'),
      expect.stringContaining('not the pods behind them'),
      expect.stringContaining('--allow-anonymous'),
      'taking flows',
    ]);
    const admin = `http://127.0.0.1:${log[0]['server.port']}`;
    const body = ndjson([
      headerLine({ events: 3, heartbeat: true }),
      namedEvent('a'),
      plainEvent({ source: 7 }),
      namedEvent('b'),
    ]);
    const answer = await send(log.at(-1)?.['server.port'], body);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      expect.objectContaining({ indexed: 2, rejected: 1 }),
    ]);
    expect([...server.documents.keys()].map((key) => key.split('/')[0]).sort()).toEqual([
      'logs-flowtap.deadletter-default',
      'logs-flowtap.flow-default',
      'logs-flowtap.flow-default',
      'metrics-flowtap.probe-default',
    ]);
    const flow = [...server.documents.values()].find(({ event }) => (event as { id?: string }).id === 'a');
    expect(flow).toMatchObject({ source: { ip: '10.0.0.1' }, orchestrator: { cluster: { name: 'demo' } } });
    expect((await fetch(`${admin}/readyz`)).status).toBe(200);
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    expect(metrics).toContain('flowtap_enrichment_index_documents_total{outcome="created"} 4');
    expect(metrics).toContain('flowtap_enrichment_documents_total{kind="record"} 2');
    expect(metrics).toContain('process_cpu_seconds_total');
    child.kill('SIGTERM');
    expect(await finished(child)).toMatchObject({ exitCode: 0, signal: null });
  });

  test('tokens of a file are asked for', async () => {
    const server = await startBulkServer();
    onTestFinished(() => server.close());
    const path = folder.newPath();
    writeFileSync(path, 'edge:0123456789abcdef');
    const child = start(['--elasticsearch', server.url, '--shared-tokens-file', path]);
    const port = (await logUntil(child, 'taking flows')).at(-1)?.['server.port'];
    expect((await send(port, ndjson([namedEvent('a')]))).status).toBe(401);
    const authorization = 'Bearer 0123456789abcdef';
    expect((await send(port, ndjson([namedEvent('a')]), { authorization })).status).toBe(200);
  });

  test('an Elasticsearch that is away is no reason not to start', async () => {
    const child = start([
      '--elasticsearch',
      'http://127.0.0.1:1',
      '--allow-anonymous',
      '--index-timeout',
      '100ms',
    ]);
    const log = await logUntil(child, 'taking flows');
    const answer = await send(log.at(-1)?.['server.port'], ndjson([namedEvent('a')]));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)]);
    const ready = await fetch(`http://127.0.0.1:${log[0]['server.port']}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('index: ')]);
    child.kill('SIGTERM');
    expect(await finished(child)).toMatchObject({ exitCode: 0 });
  });
});

test.each<[string, readonly string[], RegExp]>([
  ['no Elasticsearch', ['--allow-anonymous'], /--elasticsearch .*must name an Elasticsearch/],
  ['nobody who may send', ['--elasticsearch', 'http://x'], /Nobody could send flows: set --token-review/],
  [
    'half of TLS',
    ['--elasticsearch', 'http://x', '--allow-anonymous', '--tls-cert-file', 'a'],
    /belong together/,
  ],
  ['clients without TLS', ['--elasticsearch', 'http://x', '--tls-client-ca-file', 'a'], /needs TLS/],
  [
    'bounds that contradict',
    ['--elasticsearch', 'http://x', '--allow-anonymous', '--max-in-flight-bytes', '1MiB'],
    /--max-body must not be larger/,
  ],
  [
    'a treatment without a key',
    [
      '--elasticsearch',
      'http://x',
      '--allow-anonymous',
      '--public-addresses',
      'hash',
      '--admin-listen',
      '127.0.0.1:0',
    ],
    /needs a secret/,
  ],
  ['a wrong place', ['--site', '91,0'], /--site .* must be a latitude/],
  ['a wrong namespace', ['--data-stream-namespace', 'A-b'], /lower-case letters/],
])('%s is said at once', async (_name, args, message) => {
  const { exitCode, stderr } = await runFlowtap(['enrichment', ...args]);
  expect(stderr).toMatch(message);
  expect(exitCode).toBe(2);
});
