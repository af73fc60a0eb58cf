import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from '../servers/elasticsearch.ts';
import { environmentOfOwned } from '../servers/keeper.ts';
import { sharedElasticsearch } from '../servers/shared-elasticsearch.ts';
import { FLOWTAP_MAIN, finished, runFlowtap } from '../support/flowtap-process.ts';

const NOWHERE = ['--elasticsearch', 'http://127.0.0.1:9'];
const ANY_PORT = ['--admin-listen', '127.0.0.1:0'];

let folder: TemporaryFolder;

beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder.remove());

test.each([
  [[], /--elasticsearch \(FLOWTAP_ELASTICSEARCH_URL\) must name an Elasticsearch/],
  [[...NOWHERE, '--listen', ':0'], /Who may look\? .*--password-file/],
  [
    [...NOWHERE, '--listen', ':0', '--password-file', '/nowhere'],
    /--password-file: \/nowhere cannot be read/,
  ],
  [[...NOWHERE, '--tls-cert-file', 'x'], /--tls-cert-file and --tls-key-file go together/],
  [[...NOWHERE, '--data-stream-namespace', 'a,b'], /--data-stream-namespace .* must be lower-case letters/],
])('console %j is wrong usage', async (args, message) => {
  const { exitCode, stderr } = await runFlowtap(['console', ...args]);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(message);
});

/** Starts the command, gives where it serves, and ends it after `use`. */
async function withConsole(args: readonly string[], use: (url: string) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [FLOWTAP_MAIN, 'console', ...args, ...ANY_PORT], {
    env: environmentOfOwned(),
  });
  const end = finished(child);
  const url = await new Promise<string>((resolve, reject) => {
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      const served = /"url\.full":"([^"]+)"/.exec(log)?.[1];
      if (served !== undefined) resolve(served);
    });
    void end.then(({ stderr }) => reject(new Error(stderr)));
  });
  try {
    await use(url);
  } finally {
    child.kill('SIGTERM');
  }
  expect(await end).toMatchObject({ exitCode: 0 });
}

test('without Elasticsearch it serves the page, and says what is the matter', async () => {
  await withConsole([...NOWHERE, '--listen', '127.0.0.1:0'], async (url) => {
    expect((await fetch(url)).status).toBe(200);
    const answer = await fetch(`${url}api/edges`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      error: { message: expect.stringContaining('Check that it runs') },
    });
  });
});

describe('over Elasticsearch', () => {
  const unavailable = elasticsearchUnavailable();
  let elasticsearch: string;

  beforeEach((context) => context.skip(unavailable !== undefined, unavailable));
  beforeAll(async () => {
    if (unavailable === undefined) elasticsearch = (await sharedElasticsearch()).url;
  }, ELASTICSEARCH_START_MS);

  test('it answers who knows the password', async () => {
    const passwordFile = join(folder.path, 'password');
    writeFileSync(passwordFile, 'a password of some length\n');
    const args = ['--elasticsearch', elasticsearch, '--listen', '0.0.0.0:0', '--password-file', passwordFile];
    await withConsole([...args, '--data-stream-namespace', 'nobody_has_this'], async (url) => {
      const here = url.replace('0.0.0.0', '127.0.0.1');
      expect((await fetch(here)).status).toBe(401);
      const authorization = `Basic ${Buffer.from('me:a password of some length').toString('base64')}`;
      const answer = await fetch(`${here}api/edges`, { headers: { authorization } });
      expect(await answer.json()).toMatchObject({ edges: [], found: 0 });
    });
  });
});
