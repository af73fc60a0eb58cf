import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readTemplateSet } from '../../services/cli/setup/template-set.ts';

const set = readTemplateSet();
const TEMPLATES = [...set.components, ...set.indexTemplates];
const VERSIONS = '../golden/template-versions.json';

type Versions = Record<string, { readonly version: number; readonly sha256: string }>;

function recorded(): Versions {
  try {
    return JSON.parse(readFileSync(new URL(VERSIONS, import.meta.url), 'utf8')) as Versions;
  } catch {
    return {};
  }
}

test('a template that changed has a new version (then: npm test -- test/ecs-templates -u)', async () => {
  const before = recorded();
  const now: Versions = {};
  for (const [name, template] of TEMPLATES) {
    const version = template._meta.version!;
    const sha256 = createHash('sha256').update(JSON.stringify(template)).digest('hex');
    now[name] = { version, sha256 };
    const known = before[name];
    if (known === undefined || known.sha256 === sha256) continue;
    expect(`${name} is of version ${Math.max(known.version + 1, version)}`).toBe(
      `${name} is of version ${version}`,
    );
  }
  await expect(`${JSON.stringify(now, undefined, 2)}\n`).toMatchFileSnapshot(VERSIONS);
});

test('all say who made them and what they are for', () => {
  for (const [, { _meta: meta }] of TEMPLATES) {
    expect(meta).toEqual({
      managed_by: 'flowtap',
      version: expect.any(Number),
      description: expect.any(String),
    });
  }
});

test.each([...set.indexTemplates])(
  '%s wins over the templates that Elasticsearch and Fleet bring',
  (name, template) => {
    expect(template.priority).toBeGreaterThanOrEqual(250);
    expect(template.data_stream).toEqual({});
    const [mappings, settings, custom] = template.composed_of;
    expect(set.components.has(mappings)).toBe(true);
    expect(settings).toBe(`${name}@settings`);
    // The last one wins, and it is the user's.
    expect(custom).toBe(`${name}@custom`);
    expect(template.ignore_missing_component_templates).toEqual([custom]);
  },
);

test('each stream says how it is stored and how long it is kept, and keeps no failure store', () => {
  for (const name of set.indexTemplates.keys()) {
    const { template } = set.components.get(`${name}@settings`)!;
    expect(template.settings?.index?.mode).toMatch(/^(logsdb|standard)$/);
    expect(template.lifecycle?.data_retention).toMatch(/^\d+d$/);
    expect(template.data_stream_options).toEqual({ failure_store: { enabled: false } });
  }
});

test('only what Kibana Security shall count is in logs-*', () => {
  const patterns = [...set.indexTemplates].map(([name, { index_patterns: each }]) => [name, ...each]);
  expect(patterns.sort()).toEqual([
    ['flowtap-deadletter', 'logs-flowtap.deadletter-*'],
    ['flowtap-flow', 'logs-flowtap.flow-*'],
    ['flowtap-peer', 'flowtap-peer-*'],
    ['flowtap-probe', 'metrics-flowtap.probe-*'],
  ]);
});

test('a writer may add documents to our streams, and nothing else', () => {
  const patterns = [...set.indexTemplates.values()].flatMap(({ index_patterns: each }) => each);
  for (const role of set.roles.values()) {
    expect(role.indices.flatMap(({ names }) => names).sort()).toEqual(patterns.sort());
  }
  const { cluster, indices } = set.roles.get('flowtap-writer')!;
  expect(cluster).toEqual(['monitor']);
  expect(indices.map(({ privileges }) => privileges)).toEqual([['create_doc', 'auto_configure']]);
});
