import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from '../servers/elasticsearch.ts';
import { sharedElasticsearch } from '../servers/shared-elasticsearch.ts';
import { runFlowtap } from '../support/flowtap-process.ts';

const unavailable = elasticsearchUnavailable();
/** As test/support/set-up-elasticsearch.ts has it, since all tests share the server. */
const CHOICES = ['--replicas', '0'];

let setupUrl: string;
let folder: string;

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'flowtap-templates-'));
  if (unavailable === undefined) ({ setupUrl } = await sharedElasticsearch());
}, ELASTICSEARCH_START_MS);

afterAll(() => rmSync(folder, { recursive: true }));

test('what --out writes can be installed file by file, and is then what setup wants', async () => {
  await runFlowtap(['setup', 'elasticsearch', '--out', folder, ...CHOICES]);
  for (const kind of ['component', 'index']) {
    const parent = join(folder, `${kind}-templates`);
    for (const file of readdirSync(parent)) {
      const response = await fetch(`${setupUrl}/_${kind}_template/${basename(file, '.json')}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: readFileSync(join(parent, file)),
      });
      expect(await response.json()).toEqual({ acknowledged: true });
    }
  }
  const { stdout } = await runFlowtap([
    'setup',
    'elasticsearch',
    '--elasticsearch',
    setupUrl,
    ...CHOICES,
    '--dry-run',
    '--json',
  ]);
  const { objects } = JSON.parse(stdout) as {
    readonly objects: readonly { kind: string; outcome: string }[];
  };
  const templates = objects.filter(({ kind }) => kind.endsWith('_template'));
  expect(templates.filter(({ outcome }) => outcome !== 'unchanged')).toEqual([]);
});
