import type { ConfigTable, Setting } from './config.ts';

/** A command's settings as a Markdown table, for docs/configuration.md. */
export function configMarkdown(table: ConfigTable): string {
  const rows = Object.values(table).map(
    (setting) =>
      `| \`${cell(setting.flag)}\` | \`${setting.env}\` | ${defaultCell(setting)} | ${cell(setting.doc)} |`,
  );
  return ['| Flag | Environment | Default | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function defaultCell(setting: Setting): string {
  return setting.default === undefined ? '' : `\`${cell(setting.default)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
