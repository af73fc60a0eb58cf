import type { MetricTable } from './metrics.ts';

/** A service's metrics as a Markdown table, for docs/metrics.md. */
export function metricsMarkdown(tables: readonly MetricTable[]): string {
  const rows = tables
    .flatMap((table) => Object.values(table))
    .map(({ name, kind, labels = [], help }) => {
      const names = labels.map((label) => `\`${label}\``).join(', ');
      return `| \`${name}\` | ${kind} | ${names} | ${help.replaceAll('|', '\\|')} |`;
    });
  return ['| Metric | Kind | Labels | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
