import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { chartPath, readChartFile } from '../support/chart-files.ts';
import { settingNames } from '../support/chart-settings.ts';
import { chartValues, chartValuesMarkdown } from '../support/chart-values.ts';
import { replaceSection } from '../support/generated-section.ts';

const VALUES = chartValues(readChartFile('values.yaml'));

type Schema = {
  readonly $ref?: string;
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
};

const SCHEMA = JSON.parse(readChartFile('values.schema.json')) as Schema & {
  readonly $defs: Readonly<Record<string, Schema>>;
};

/** What a value may be; undefined where the schema does not know it. */
function schemaOf(path: string): Schema | undefined {
  let schema: Schema | undefined = SCHEMA;
  for (const name of path.split('.')) schema = resolved(resolved(schema)?.properties?.[name]);
  return schema;
}

function resolved(schema: Schema | undefined): Schema | undefined {
  return schema?.$ref === undefined ? schema : SCHEMA.$defs[schema.$ref.replace('#/$defs/', '')];
}

/** As biome writes JSON: what is short stands on one line. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2)
    .replace(/\{\n\s+("\$ref": "[^"]+")\n\s+\}/g, '{ $1 }')
    .replace(/^(.*)\[\n\s+([^[\]{}]*?)\n\s+\]/gm, (whole, before: string, items: string) => {
      const line = `${before}[${items.replace(/\n\s+/g, ' ')}]`;
      return line.length < 110 ? line : whole;
    });
  return `${text}\n`;
}

test('each value has a sentence above it', () => {
  expect(VALUES.length).toBeGreaterThan(150);
  expect(VALUES.filter(({ doc }) => !doc?.match(/^\S.*[.…]$/)).map(({ path }) => path)).toEqual([]);
});

test("the chart's README.md lists exactly the values (npm test -- -u writes it)", async () => {
  const expected = replaceSection(readChartFile('README.md'), 'values', chartValuesMarkdown(VALUES));
  await expect(expected).toMatchFileSnapshot(chartPath('README.md'));
});

test('values.schema.json has exactly the variables of the commands (npm test -- -u writes it)', async () => {
  const lists = Object.entries(settingNames()).map(([definition, names]) => {
    const properties = Object.fromEntries(names.map((name) => [name, { $ref: '#/$defs/setting' }]));
    return [definition, { type: 'object', additionalProperties: false, properties }];
  });
  const expected = { ...SCHEMA, $defs: { ...SCHEMA.$defs, ...Object.fromEntries(lists) } };
  await expect(jsonText(expected)).toMatchFileSnapshot(chartPath('values.schema.json'));
});

test('values.schema.json knows each value, and nothing else', () => {
  expect(VALUES.filter(({ path }) => schemaOf(path) === undefined)).toEqual([]);
  const paths: string[] = [];
  const collect = (schema: Schema | undefined, path: string): void => {
    const { properties } = resolved(schema) ?? {};
    const isOpen = path.endsWith('ettings') || VALUES.some((value) => value.path === path);
    if (properties === undefined || isOpen) paths.push(path);
    else
      for (const [name, inner] of Object.entries(properties)) collect(inner, path ? `${path}.${name}` : name);
  };
  collect(SCHEMA, '');
  expect(paths.filter((path) => path !== 'global').sort()).toEqual(VALUES.map(({ path }) => path).sort());
});

test('groups of values take no other names', () => {
  const groups = [...new Set(VALUES.map(({ path }) => path.split('.').slice(0, -1).join('.')))];
  const open = groups.filter(
    (path) => (path === '' ? SCHEMA : schemaOf(path))?.additionalProperties !== false,
  );
  expect(open).toEqual([]);
});

test.each(['values-ha.yaml', 'values-try.yaml'])('%s changes only values that there are', (file) => {
  const known = VALUES.map(({ path }) => path);
  const paths = pathsOf(parse(readChartFile(file)), '').filter(
    (path) => !known.some((value) => path === value || path.startsWith(`${value}.`)),
  );
  expect(paths).toEqual([]);
});

function pathsOf(value: unknown, prefix: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [prefix];
  return Object.entries(value).flatMap(([name, inner]) =>
    pathsOf(inner, prefix ? `${prefix}.${name}` : name),
  );
}

test('the chart is of the version of the program', async () => {
  const { version } = await import('../../package.json', { with: { type: 'json' } }).then(
    (module) => module.default,
  );
  const chart = parse(readChartFile('Chart.yaml'));
  expect({ version: chart.version, appVersion: chart.appVersion }).toEqual({ version, appVersion: version });
});
