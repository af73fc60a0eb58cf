import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readEdgeSet } from '../../../services/cli/setup/edges/edge-set.ts';
import { readTemplateSet } from '../../../services/cli/setup/template-set.ts';
import { scriptedElasticsearch } from '../../fakes/scripted-elasticsearch.ts';
import { runFlowtap } from '../../support/flowtap-process.ts';

const set = readTemplateSet();

function setup(...args: readonly string[]) {
  return runFlowtap(['setup', 'elasticsearch', ...args]);
}

test('--print-roles prints roles as Elasticsearch takes them, and asks no server', async () => {
  const { exitCode, stdout } = await setup('--print-roles');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual(Object.fromEntries(set.roles));
});

test('--print-roles with edges has the role of their transform, too', async () => {
  const { stdout } = await setup('--print-roles', '--edges');
  expect(Object.keys(JSON.parse(stdout))).toEqual([...set.roles.keys(), 'flowtap-edges']);
  expect(JSON.parse(stdout)['flowtap-edges']).toEqual(readEdgeSet().role);
});

test('--print-roles for one namespace', async () => {
  const { stdout } = await setup('--print-roles', '--data-stream-namespace', 'prod');
  expect(JSON.parse(stdout)['flowtap-writer'].indices[0].names.sort()).toEqual([
    'flowtap-peer-prod',
    'logs-flowtap.deadletter-prod',
    'logs-flowtap.flow-prod',
    'metrics-flowtap.probe-prod',
  ]);
});

test('--out writes what is to be installed by hand, with the choices in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'flowtap-templates-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { exitCode, stdout } = await setup('--out', folder, '--retention', '45d', '--replicas', '0');
  expect(exitCode).toBe(0);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.json'),
  );
  expect(stdout.trimEnd().split('\n').sort()).toEqual(files.map((name) => join(folder, name)).sort());
  expect(files).toHaveLength(set.components.size + set.indexTemplates.size + set.roles.size);
  const settings = readFileSync(join(folder, 'component-templates/flowtap-flow@settings.json'), 'utf8');
  expect(JSON.parse(settings).template).toMatchObject({
    lifecycle: { data_retention: '45d' },
    settings: { index: { number_of_replicas: 0 } },
  });
});

test('a folder that cannot be written', async () => {
  const { exitCode, stderr } = await setup('--out', '/dev/null/templates');
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('OUTPUT_FAILED')]);
});

describe('wrong usage', () => {
  test.each([
    [[], 'must name an Elasticsearch'],
    [['--elasticsearch', 'http://user:hunter2@'], 'must be URLs such as'],
    [['--retention', 'soon'], 'a time such as 14d'],
    [['--remove-data', '--elasticsearch', 'http://127.0.0.1:1'], 'goes with --remove only'],
    [['--out', 'nowhere', '--edges'], '--out does not write edges'],
    [['--edge-retention', '9d', '--elasticsearch', 'http://127.0.0.1:1'], 'goes with --edges only'],
  ])('%j: %s', async (args, complaint) => {
    const { exitCode, stderr } = await setup(...args);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(complaint)]);
    expect(stderr).not.toContain('hunter2');
  });

  test('another target', async () => {
    const { exitCode, stderr } = await runFlowtap(['setup', 'cassandra']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('flowtap setup elasticsearch')]);
  });
});

const NEEDED = {
  'GET /': { body: { version: { number: '9.4.3' } } },
  ...Object.fromEntries(
    [...set.indexTemplates.values()].map(({ index_patterns: [pattern] }) => [
      `GET /_resolve/index/${pattern}`,
      { status: 404 },
    ]),
  ),
  ...Object.fromEntries(
    [...set.components.keys()].map((name) => [`GET /_component_template/${name}`, { status: 404 }]),
  ),
  ...Object.fromEntries(
    [...set.indexTemplates.keys()].map((name) => [`GET /_index_template/${name}`, { status: 404 }]),
  ),
};

test('says as JSON what was done', async () => {
  const { url } = await scriptedElasticsearch(NEEDED);
  const { exitCode, stdout } = await setup('--elasticsearch', url, '--dry-run', '--json');
  expect(exitCode).toBe(0);
  const { elasticsearch, dry_run: isDryRun, objects } = JSON.parse(stdout);
  expect([elasticsearch, isDryRun]).toEqual([{ version: '9.4.3' }, true]);
  expect(objects).toHaveLength(set.components.size + set.indexTemplates.size);
  expect(objects).toContainEqual({ kind: 'index_template', name: 'flowtap-flow', outcome: 'created' });
});

test('says for people what was done, and fails when something did', async () => {
  const { url } = await scriptedElasticsearch(NEEDED);
  const { exitCode, stdout } = await setup('--elasticsearch', url);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(
    /^Elasticsearch 9\.4\.3\n {2}component template {2}flowtap-deadletter@mappings {2}failed: Could not install it/,
  );
  expect(stdout).toMatch(/Nothing changed, 11 failed\.\n$/);
});

test('--wait tries again until the server is there', async () => {
  const { url } = await scriptedElasticsearch({ ...NEEDED, 'GET /': { status: 503 } });
  const { exitCode, stderr } = await setup('--elasticsearch', url, '--dry-run', '--wait', '100ms');
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('ELASTICSEARCH_UNAVAILABLE')]);
});
