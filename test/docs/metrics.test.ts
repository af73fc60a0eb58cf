import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { MetricTable } from '../../services/runtime/metrics.ts';
import { metricsMarkdown } from '../../services/runtime/metrics-doc.ts';
import { serviceFiles } from '../architecture/source-files.ts';
import { replaceSection } from '../support/generated-section.ts';

const DOCUMENT = '../../docs/metrics.md';

interface ServiceTables {
  readonly service: string;
  readonly tables: readonly MetricTable[];
}

/** The tables of each service: services/resolver/…/entries-metrics.ts exports ENTRIES_METRICS. */
const TABLES = await Promise.all(
  serviceFiles()
    .filter(({ path }) => /^services\/(?!runtime|core).*-metrics\.ts$/.test(path))
    .map(async ({ path }) => {
      const exported = (await import(new URL(`../../${path}`, import.meta.url).href)) as Record<
        string,
        MetricTable
      >;
      const tables = Object.entries(exported).flatMap(([name, value]) =>
        name.endsWith('_METRICS') ? [value] : [],
      );
      return { path, service: path.split('/')[1], tables };
    }),
);

const SERVICES: readonly ServiceTables[] = [...new Set(TABLES.map(({ service }) => service))].map(
  (service) => ({
    service,
    tables: TABLES.filter((entry) => entry.service === service).flatMap(({ tables }) => tables),
  }),
);

/** A new service gets a section at the end. */
function withSection(markdown: string, service: string): string {
  if (markdown.includes(`<!-- begin: ${service} -->`)) return markdown;
  return `${markdown}\n## flowtap ${service}\n\n<!-- begin: ${service} -->\n<!-- end: ${service} -->\n`;
}

test('each file …-metrics.ts exports a table …_METRICS', () => {
  expect(TABLES.filter(({ tables }) => tables.length === 0).map(({ path }) => path)).toEqual([]);
});

test('docs/metrics.md lists exactly the metrics of each service (npm test -- -u writes it)', async () => {
  const written = readFileSync(new URL(DOCUMENT, import.meta.url), 'utf8');
  const expected = SERVICES.reduce(
    (markdown, { service, tables }) =>
      replaceSection(withSection(markdown, service), service, metricsMarkdown(tables)),
    written,
  );
  await expect(expected).toMatchFileSnapshot(DOCUMENT);
});

test('names say whose they are and what they count', () => {
  const all = SERVICES.flatMap(({ service, tables }) =>
    tables.flatMap((table) => Object.values(table).map((metric) => ({ service, metric }))),
  );
  const names = all.map(({ metric }) => metric.name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  for (const { service, metric } of all) {
    expect(metric.name).toMatch(new RegExp(`^flowtap_${service}_[a-z0-9_]+$`));
    expect(`${metric.name} ${metric.name.endsWith('_total')}`).toBe(
      `${metric.name} ${metric.kind === 'counter'}`,
    );
    expect(metric.help).toMatch(/^[A-Z0-9].*\.$/);
  }
});
