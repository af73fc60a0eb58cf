import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { faultOfProbeVariable } from '../../services/cli/webhook/probe-setting-catalogue.ts';
import { readProbeSettings } from '../../services/cli/webhook/probe-settings-file.ts';
import { loadConfig } from '../../services/runtime/config.ts';
import { CHART_CASES } from '../fixtures/chart-cases.ts';
import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import { KUBERNETES_VERSION, kubernetesUnavailable } from '../servers/kubernetes-programs.ts';
import { chartPath } from '../support/chart-files.ts';
import { CHART_COMMANDS } from '../support/chart-settings.ts';
import { documentedRows } from '../support/documented-table.ts';
import type { RenderedContainer, RenderedObject } from './helm.ts';
import { chartObjects, helm, helmTemplate, podSpecOf, renderedChart, valueArgs } from './helm.ts';

const DOCUMENT = new URL('../../docs/helm.md', import.meta.url);

const unavailable = kubernetesUnavailable('helm');

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

describe.each(CHART_CASES)('$name', ({ name, values }) => {
  test('helm lint finds nothing', () => {
    const args = ['lint', '--strict', '--kube-version', KUBERNETES_VERSION, chartPath()];
    const { stdout, stderr } = helm([...args, ...valueArgs({ values })]);
    expect(`${stdout}${stderr}`).toContain('1 chart(s) linted, 0 chart(s) failed');
  });

  test('its objects are those of the golden file', () => {
    const file = fileURLToPath(new URL(`../golden/charts/${name}.yaml`, import.meta.url));
    const text = renderedChart({ values });
    expect(text.split('\n').filter((line) => /\s$/.test(line))).toEqual([]);
    if (process.env.UPDATE_GOLDEN === '1') {
      mkdirSync(fileURLToPath(new URL('../golden/charts/', import.meta.url)), { recursive: true });
      writeFileSync(file, text);
    }
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  test('each container runs a command, with variables that it knows and values that it takes', () => {
    const containers = chartObjects({ values }).flatMap(flowtapContainers);
    expect(containers.length).toBeGreaterThan(3);
    for (const { args, env = [] } of containers) {
      const variables = Object.fromEntries(env.map(({ name: variable, value }) => [variable, value]));
      const table = CHART_COMMANDS[args[0]] ?? {};
      const known = Object.values(table).map((setting) => setting.env as string);
      expect({ args, unknown: Object.keys(variables).filter((each) => !known.includes(each)) }).toEqual({
        args,
        unknown: [],
      });
      expect(() => loadConfig(table, { flags: {}, env: variables })).not.toThrow();
    }
  });

  test('the file of settings for probes is one that the webhook reads', () => {
    const text = chartObjects({ values }).find(({ data }) => data?.['probe.env'])?.data?.['probe.env'] ?? '';
    const folder = new TemporaryFolder();
    const settings = readProbeSettings(folder.fileOf(Buffer.from(text)));
    folder.remove();
    expect(Object.keys(settings)).toContain('FLOWTAP_SEED');
    for (const [variable, value] of Object.entries(settings))
      expect(faultOfProbeVariable(variable, value)).toBeUndefined();
  });

  test('every object is known as one of flowtap, and what is in the namespace says so', () => {
    const objects = chartObjects({ values });
    const labels = new Set(objects.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/name']));
    expect([...labels]).toEqual(['flowtap']);
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
    expect(names.filter((each, index) => names.indexOf(each) !== index)).toEqual([]);
  });
});

function flowtapContainers(object: RenderedObject): readonly RenderedContainer[] {
  return (podSpecOf(object)?.containers ?? []).filter(({ image }) => image.includes('flowtap-'));
}

test('every command has settings that are compared', () => {
  const run = new Set(
    CHART_CASES.flatMap(({ values }) => chartObjects({ values }).flatMap(flowtapContainers)).map(
      ({ args }) => args[0],
    ),
  );
  expect([...run].sort()).toEqual(Object.keys(CHART_COMMANDS).sort());
});

test.each([
  ['flowtap', 'flowtap-webhook'],
  ['flows', 'flows-flowtap-webhook'],
  [
    'a.release-with-the-longest-name-that-helm-lets-anyone',
    'a-release-with-the-longest-name-flowtap-webhook',
  ],
])('the release %s has objects of that name, and the webhook knows them', (name, webhook) => {
  const objects = chartObjects({ name, values: ['minimal.yaml'] });
  const prefix = webhook.replace(/-webhook$/, '');
  const others = objects.map(({ metadata }) => metadata.name).filter((each) => !each.startsWith(prefix));
  expect(others).toEqual([]);
  expect(objects.filter(({ metadata }) => metadata.name.length > 63)).toEqual([]);
  const deployment = objects.find((each) => each.kind === 'Deployment' && each.metadata.name === webhook);
  const named = flowtapContainers(deployment!)[0].env!.filter(({ name: variable }) =>
    /_(SERVICE|SECRET|CONFIGURATION|LEASE_NAME)$/.test(variable),
  );
  expect(Object.fromEntries(named.map(({ name: variable, value }) => [variable, value]))).toEqual({
    FLOWTAP_AUTHORITY_SECRET: `${prefix}-authority`,
    FLOWTAP_ENRICHMENT_SECRET: `${prefix}-enrichment-tls`,
    FLOWTAP_ENRICHMENT_SERVICE: `${prefix}-enrichment`,
    FLOWTAP_LEASE_NAME: webhook,
    FLOWTAP_WEBHOOK_CONFIGURATION: webhook,
    FLOWTAP_WEBHOOK_SECRET: `${webhook}-tls`,
    FLOWTAP_WEBHOOK_SERVICE: webhook,
  });
});

test('a Job of another version or choice has another name, else the same', () => {
  const jobName = (...set: readonly string[]): string | undefined =>
    chartObjects({ values: ['values-try.yaml'], set }).find(({ kind }) => kind === 'Job')?.metadata.name;
  const first = jobName();
  expect(first).toMatch(/^flowtap-setup-[0-9a-f]{8}$/);
  expect(jobName('webhook.replicas=5')).toBe(first);
  expect(jobName('images.webhook.tag=0.2.0')).not.toBe(first);
  expect(jobName('elasticsearch.setup.settings.FLOWTAP_RETENTION=7d')).not.toBe(first);
});

test('a password that is made is the same wherever it is needed', () => {
  const passwords = (): readonly (string | undefined)[] =>
    chartObjects({ values: ['values-try.yaml'] })
      .filter(({ kind, data }) => kind === 'Secret' && data !== undefined)
      .map(({ data }) => data?.password);
  const [first, second] = [passwords(), passwords()];
  expect(new Set([...first, ...second]).size).toBe(4);
  expect(first.map((password) => Buffer.from(String(password), 'base64').toString())).toEqual([
    expect.stringMatching(/^\w{32}$/),
    expect.stringMatching(/^\w{32}$/),
  ]);
});

test('docs/helm.md lists exactly what the chart decides itself', () => {
  const rendered = CHART_CASES.flatMap(({ values }) =>
    chartObjects({ values }).flatMap(flowtapContainers),
  ).flatMap(({ env = [] }) => env.map(({ name }) => name));
  const documented = documentedRows(readFileSync(DOCUMENT, 'utf8'), 'owned-variables').map(([name]) => name);
  expect(documented).toEqual([...new Set(rendered)].filter((name) => !GIVES_WAY.has(name)).sort());
});

/** What the chart gives a default of its own, and what values of the cases set. */
const GIVES_WAY = new Set([
  ...['FLOWTAP_LOG_LEVEL', 'FLOWTAP_INFER_TRANSLATIONS', 'FLOWTAP_WAIT', 'FLOWTAP_REPLICAS'],
  ...['FLOWTAP_RECONCILE_INTERVAL', 'FLOWTAP_MAX_CONNECTIONS', 'FLOWTAP_RETENTION', 'FLOWTAP_SHARDS'],
]);

/** What helm says of values that are not to be. */
const REFUSED: readonly (readonly [set: string, says: string])[] = [
  // Of values.schema.json.
  ['webhook.replicas=many', "at '/webhook/replicas': got string, want integer"],
  ['webhook.replica=2', "at '/webhook': additional properties 'replica' not allowed"],
  [
    'enrichment.settings.FLOWTAP_LITSEN=:1',
    "at '/enrichment/settings': additional properties 'FLOWTAP_LITSEN'",
  ],
  ['tls.mode=helm', "at '/tls/mode': value must be one of 'self', 'certManager', 'provided'"],
  ['injection.failurePolicy=fail', "at '/injection/failurePolicy': value must be one of 'Ignore', 'Fail'"],
  ['injection.timeoutSeconds=60', "at '/injection/timeoutSeconds': maximum: got 60, want 30"],
  ['images.probe.digest=latest', "at '/images/probe/digest': 'latest' does not match pattern"],
  [
    'elasticsearch.urls={elasticsearch:9200}',
    "at '/elasticsearch/urls/0': 'elasticsearch:9200' does not match",
  ],
  ['probe.settings.FLOWTAP_OUTPUT=stdout', "at '/probe/settings': additional properties 'FLOWTAP_OUTPUT'"],
  // Of the templates.
  ['elasticsearch.urls=null', 'Set elasticsearch.urls'],
  ['embedded.elasticsearch.enabled=true', 'either elasticsearch.urls or embedded.elasticsearch.enabled'],
  ['postgres.url=', 'Set postgres.url'],
  ['embedded.postgres.enabled=true', 'either postgres.url or embedded.postgres.enabled'],
  ['memcached.servers=null', 'Set memcached.servers'],
  ['embedded.memcached.enabled=true', 'either memcached.servers or embedded.memcached.enabled'],
  ['postgres.url=postgres://flowtap:secret@db/flowtap', 'postgres.url must not hold a password'],
  ['postgres.password=x', 'postgres.existingSecret goes with neither'],
  ['elasticsearch.urls={https://a:b@es:9200}', 'elasticsearch.urls must not hold a user or password'],
  ['elasticsearch.apiKey=x', 'Set only one of elasticsearch.existingSecret'],
  ['elasticsearch.setup.username=x', 'elasticsearch.setup.username needs elasticsearch.setup.existingSecret'],
  ['elasticsearch.setup.password=x', 'elasticsearch.setup.password needs elasticsearch.setup.username'],
  ['postgres.ca.pem=x,postgres.ca.secret=y', 'Set only one of postgres.ca.pem'],
  ['enrichment.enabled=false', 'Set probe.output'],
  ['injection.trigger=label,injection.allowPodOptIn=true', 'injection.allowPodOptIn does nothing'],
  ['webhook.hostNetwork=true', 'set webhook.port to 10260'],
  ['webhook.enabled=false', 'With tls.mode=self the webhook makes'],
  [
    'tls.mode=provided',
    'tls.provided.webhookSecret, a Secret with a certificate for flowtap-webhook.flowtap-system.svc',
  ],
  ['webhook.settings.FLOWTAP_LISTEN=:1', 'webhook.settings.FLOWTAP_LISTEN is set by the chart'],
  ['probe.settings.FLOWTAP_SEED=1', 'set communityIdSeed'],
];

test.each(REFUSED)('%s is refused: %s', (set, says) => {
  const { succeeded, stderr } = helmTemplate({ values: ['minimal.yaml'], set: set.split(/,(?![^{]*\})/) });
  expect(stderr).toContain(says);
  expect(succeeded).toBe(false);
});

test('nothing has to be set but what cannot be known', () => {
  expect(helmTemplate({}).stderr).toContain('Where are flows to be written? Set elasticsearch.urls');
});
