import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../services/cli/command-list.ts';
import type { ConfigTable } from '../../services/runtime/config.ts';
import { configMarkdown } from '../../services/runtime/config-doc.ts';
import { isServiceLink } from '../../services/runtime/config-environment.ts';
import { replaceSection } from '../support/generated-section.ts';

const DOCUMENT = '../../docs/configuration.md';

/** The table of each command that help shows. */
const TABLES: readonly { readonly command: string; readonly table: ConfigTable }[] = await Promise.all(
  COMMANDS.filter(({ isHidden }) => isHidden !== true).map(async ({ name, load }) => ({
    command: name,
    table: (await load()).settings,
  })),
);

/** A new command gets a section at the end. */
function withSection(markdown: string, command: string): string {
  if (markdown.includes(`<!-- begin: ${command} -->`)) return markdown;
  return `${markdown}\n## flowtap ${command}\n\n<!-- begin: ${command} -->\n<!-- end: ${command} -->\n`;
}

test('there are commands with settings', () => {
  expect(TABLES.map(({ command }) => command)).toEqual(expect.arrayContaining(['probe', 'replay']));
});

test('docs/configuration.md lists exactly the settings of each command (npm test -- -u writes it)', async () => {
  const written = readFileSync(new URL(DOCUMENT, import.meta.url), 'utf8');
  const expected = TABLES.reduce(
    (markdown, { command, table }) =>
      replaceSection(withSection(markdown, command), command, configMarkdown(table)),
    written,
  );
  await expect(expected).toMatchFileSnapshot(DOCUMENT);
});

test('no setting has a variable that Kubernetes may set itself', () => {
  const names = TABLES.flatMap(({ table }) => Object.values(table).map(({ env }) => env));
  expect(names.filter(isServiceLink)).toEqual([]);
});

test('one variable means the same in every command', () => {
  const meanings = new Map<string, string>();
  for (const { table } of TABLES) {
    for (const { env, flag, doc } of Object.values(table)) {
      expect(`${env}: ${meanings.get(env) ?? flag}`).toBe(`${env}: ${flag}`);
      meanings.set(env, flag);
      expect(doc).not.toBe('');
    }
  }
});
