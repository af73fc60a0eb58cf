import { machineFacts } from './machine.ts';
import type { Table } from './table.ts';
import { markdownTable } from './table.ts';

/** What was measured of a service; a sentence where it could not be. */
export interface ServicePart {
  readonly title: string;
  readonly text: string;
  readonly result: Table | string;
  /** As PostgreSQL tells it. */
  readonly plan?: string;
}

/** docs/performance-services.md. */
export function servicesPage(parts: readonly ServicePart[]): string {
  return [
    '# Performance of the services',
    '',
    'Written by `npm run bench -- --services --write`; `--resolver`, `--enrichment`, `--identify` and `--index` measure one of',
    'them. The numbers are those of one machine; the ratios are what to look at. The probe is in [Performance](performance.md).',
    '',
    ...machineFacts().map((fact) => `- ${fact}`),
    '',
    ...parts.flatMap(({ title, text, result, plan }) => [
      `## ${title}`,
      '',
      text,
      '',
      typeof result === 'string' ? `Not measured: ${result}\n` : markdownTable(result),
      ...(plan === undefined ? [] : ['```', plan.trimEnd(), '```', '']),
    ]),
  ].join('\n');
}
