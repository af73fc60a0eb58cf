import { randomBytes } from 'node:crypto';
import type { Client } from '@elastic/elasticsearch';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SetupOptions, SetupResult } from '../../../services/cli/setup/set-up-elasticsearch.ts';
import { setUpElasticsearch } from '../../../services/cli/setup/set-up-elasticsearch.ts';
import type { ComponentTemplate, TemplateSet } from '../../../services/cli/setup/template-set.ts';
import { readTemplateSet } from '../../../services/cli/setup/template-set.ts';
import { elasticsearchClient } from '../../../services/runtime/elasticsearch/elasticsearch-client.ts';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from '../../servers/elasticsearch.ts';
import { sharedElasticsearch } from '../../servers/shared-elasticsearch.ts';
import { bulkCreate } from '../../support/bulk-create.ts';
import { renamedTemplates } from '../../support/renamed-templates.ts';

const unavailable = elasticsearchUnavailable();

let url: string;
let client: Client;
let name: string;
let set: TemplateSet;

beforeAll(async () => {
  if (unavailable !== undefined) return;
  const server = await sharedElasticsearch();
  url = server.url;
  const access = { requestTimeoutMs: 30_000, isCompressed: false, userAgent: 'test' };
  client = elasticsearchClient({ urls: [server.setupUrl], ...access });
}, ELASTICSEARCH_START_MS);

afterAll(() => client?.close());

beforeEach((context) => {
  context.skip(unavailable !== undefined, unavailable);
  name = `setuptest${randomBytes(4).toString('hex')}`;
  set = renamedTemplates(readTemplateSet(), name);
});

/** As far as this server can: the one of tests cannot delete data streams, and ends with the run. */
afterEach(async () => {
  if (unavailable === undefined) await setUp({ removal: { withData: true } });
});

const NOTHING = { retention: {} };

function setUp(options: Partial<SetupOptions> = {}): Promise<SetupResult> {
  const defaults = {
    choices: { ...NOTHING, replicas: 0 },
    namespace: undefined,
    isDryRun: false,
    isForced: false,
  };
  return setUpElasticsearch({ client, set, ...defaults, ...options });
}

/** `outcome name` of each object, ours written as flowtap. */
function outcomes({ steps }: SetupResult): string[] {
  return steps.map((step) => `${step.outcome} ${step.name.replace(name, 'flowtap')}`);
}

function changed(result: SetupResult): string[] {
  return outcomes(result).filter((each) => !each.startsWith('unchanged '));
}

/** The set one version later: with a field more. */
function nextVersion(version = 3): TemplateSet {
  const bumped = <Template extends ComponentTemplate>(template: Template): Template => ({
    ...template,
    _meta: { ...template._meta, version },
  });
  const components = new Map([...set.components].map(([key, each]) => [key, bumped(each)]));
  const flow = components.get(`${name}-flow@mappings`)!;
  const mappings = flow.template.mappings as { readonly properties: object };
  const properties = { ...mappings.properties, newcomer: { type: 'keyword' } };
  components.set(`${name}-flow@mappings`, { ...flow, template: { mappings: { ...mappings, properties } } });
  return {
    ...set,
    components,
    indexTemplates: new Map([...set.indexTemplates].map(([key, each]) => [key, bumped(each)])),
  };
}

async function write(stream: string, id: string, fields: object = {}): Promise<void> {
  const body = JSON.stringify({ '@timestamp': '2026-01-15T10:00:00.000Z', host: { name: 'h' }, ...fields });
  await bulkCreate(url, [{ stream, id, body }]);
}

async function get(path: string): Promise<Record<string, unknown>> {
  return (await (await fetch(`${url}${path}`)).json()) as Record<string, unknown>;
}

async function count(stream: string, query: object): Promise<unknown> {
  return (await client.count({ index: stream, query })).count;
}

const STREAM = (): string => `logs-${name}.flow-default`;

describe('a server without our templates', () => {
  test('a dry run says what would be done, and does nothing', async () => {
    const result = await setUp({ isDryRun: true });
    expect(changed(result)).toHaveLength(set.components.size + set.indexTemplates.size);
    expect((await fetch(`${url}/_index_template/${name}-flow`)).status).toBe(404);
    expect(changed(await setUp())).toEqual(changed(result));
  });

  test('gets all of them, and a second run changes nothing', async () => {
    const first = await setUp();
    expect(new Set(first.steps.map(({ outcome }) => outcome))).toEqual(new Set(['created']));
    expect(outcomes(first).slice(-4)).toEqual([
      ...[
        'created flowtap-deadletter',
        'created flowtap-flow',
        'created flowtap-peer',
        'created flowtap-probe',
      ],
    ]);
    expect(changed(await setUp())).toEqual([]);
  });

  test('two at once do not disturb each other', async () => {
    const results = await Promise.all([setUp(), setUp()]);
    for (const { steps } of results) expect(steps.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(changed(await setUp())).toEqual([]);
  });
});

describe('streams', () => {
  test('come from the templates', async () => {
    await setUp();
    await write(STREAM(), 'a', {
      source: { ip: '10.0.0.1', kubernetes: { team: 'blue', pod: { labels: { 'a/b.c': 'x' } } } },
    });
    const [settings] = Object.values(await get(`/${STREAM()}/_settings?flat_settings`)) as {
      settings: object;
    }[];
    expect(settings.settings).toMatchObject({
      'index.mode': 'logsdb',
      'index.number_of_replicas': '0',
      'index.mapping.ignore_malformed': 'true',
    });
    expect(await count(STREAM(), { term: { 'source.kubernetes.pod.labels.a/b.c': 'x' } })).toBe(1);
    // A label that was promoted by the user's own list.
    expect(await count(STREAM(), { term: { 'source.kubernetes.team': 'blue' } })).toBe(1);
    const lifecycle = (await get(`/_component_template/${name}-flow@settings`)) as {
      component_templates: { component_template: { template: { lifecycle: object } } }[];
    };
    expect(lifecycle.component_templates[0].component_template.template.lifecycle).toMatchObject({
      data_retention: '14d',
    });
  });

  test('are rolled over by a new version, once, and keep what they have', async () => {
    await setUp();
    await write(STREAM(), 'a', { newcomer: 'x' });
    const upgrade = await setUp({ set: nextVersion() });
    expect(changed(upgrade)).toContain('updated flowtap-flow@mappings');
    expect(changed(upgrade)).toContain(`rolled_over logs-flowtap.flow-default`);
    await write(STREAM(), 'b', { newcomer: 'x' });
    expect(await count(STREAM(), { match_all: {} })).toBe(2);
    expect(await count(STREAM(), { term: { newcomer: 'x' } })).toBe(1);
    expect(changed(await setUp({ set: nextVersion() }))).toEqual([]);
  });

  test('an upgrade that broke off before the streams is finished by the next run', async () => {
    await setUp();
    await write(STREAM(), 'a');
    await setUp({ set: nextVersion(), namespace: 'other' });
    expect(changed(await setUp({ set: nextVersion() }))).toEqual(['rolled_over logs-flowtap.flow-default']);
  });

  test('an older program leaves a newer version as it is', async () => {
    await setUp({ set: nextVersion() });
    await write(STREAM(), 'a');
    const result = await setUp();
    expect(new Set(result.steps.map(({ outcome }) => outcome))).toEqual(new Set(['newer']));
    const forced = await setUp({ isForced: true });
    expect(changed(forced)).toContain('updated flowtap-flow');
  });

  test('a plain index where a stream should be is told of', async () => {
    await fetch(`${url}/logs-${name}.flow-plain`, { method: 'PUT' });
    const failed = (await setUp()).steps.filter(({ outcome }) => outcome === 'failed');
    expect(failed).toMatchObject([
      { name: `logs-${name}.flow-plain`, detail: expect.stringContaining('Move or delete it') },
    ]);
    await fetch(`${url}/logs-${name}.flow-plain`, { method: 'DELETE' });
  });
});

describe('choices', () => {
  test('are kept when they are not named again', async () => {
    await setUp({
      choices: {
        retention: { flow: '90d', peer: 'unlimited' },
        indexMode: 'standard',
        shards: 2,
        replicas: 0,
      },
    });
    expect(changed(await setUp({ choices: NOTHING }))).toEqual([]);
    await write(STREAM(), 'a');
    const [settings] = Object.values(await get(`/${STREAM()}/_settings?flat_settings`)) as {
      settings: object;
    }[];
    expect(settings.settings).toMatchObject({ 'index.mode': 'standard', 'index.number_of_shards': '2' });
  });

  test('another one is an update, and the streams follow', async () => {
    await setUp();
    await write(STREAM(), 'a');
    const result = await setUp({ choices: { retention: { flow: '30d' } } });
    expect(changed(result)).toEqual([
      'updated flowtap-flow@settings',
      'updated flowtap-flow',
      'rolled_over logs-flowtap.flow-default',
      // This server has no lifecycles.
      'skipped logs-flowtap.flow-default',
    ]);
  });

  test("the user's own component has the last word", async () => {
    await client.cluster.putComponentTemplate({
      name: `${name}-flow@custom`,
      template: { settings: { index: { refresh_interval: '7s' } } },
    });
    await setUp();
    await write(STREAM(), 'a');
    const [settings] = Object.values(await get(`/${STREAM()}/_settings?flat_settings`)) as {
      settings: object;
    }[];
    expect(settings.settings).toMatchObject({ 'index.refresh_interval': '7s', 'index.mode': 'logsdb' });
    expect(changed(await setUp())).toEqual([]);
  });
});

describe("others' templates", () => {
  test('of our name are not replaced unless that is wanted', async () => {
    await client.cluster.putComponentTemplate({ name: `${name}-flow@mappings`, template: {} });
    const result = await setUp();
    expect(outcomes(result)).toContain('failed flowtap-flow@mappings');
    expect(outcomes(await setUp({ isForced: true }))).toContain('updated flowtap-flow@mappings');
  });

  test('of a higher priority are told of', async () => {
    const rival = {
      name: `${name}-rival`,
      index_patterns: [`logs-${name}.flow-*`],
      priority: 300,
      data_stream: {},
    };
    await client.indices.putIndexTemplate(rival);
    const failed = (await setUp()).steps.filter(({ outcome }) => outcome === 'failed');
    expect(failed).toMatchObject([
      { name: `${name}-flow`, detail: expect.stringContaining('higher priority') },
    ]);
  });
});

describe('removal', () => {
  test('takes all of it away, and may be repeated', async () => {
    await setUp();
    const removed = await setUp({ removal: { withData: false } });
    expect(new Set(removed.steps.map(({ outcome }) => outcome))).toEqual(new Set(['removed']));
    const again = await setUp({ removal: { withData: false } });
    expect(new Set(again.steps.map(({ outcome }) => outcome))).toEqual(new Set(['absent']));
  });

  test('leaves what holds documents', async () => {
    await setUp();
    await write(STREAM(), 'a');
    const result = await setUp({ removal: { withData: false } });
    const left = result.steps.filter(({ outcome }) => outcome !== 'removed');
    expect(outcomes({ ...result, steps: left })).toEqual([
      'failed flowtap-flow',
      'skipped flowtap-flow@mappings',
      'skipped flowtap-flow@settings',
    ]);
    expect(left[0].detail).toContain('--remove-data');
    expect(await count(STREAM(), { match_all: {} })).toBe(1);
  });
});
