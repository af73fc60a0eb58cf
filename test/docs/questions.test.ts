import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readTemplateSet } from '../../services/cli/setup/template-set.ts';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from '../servers/elasticsearch.ts';
import { runFlowtap } from '../support/flowtap-process.ts';
import { kqlToDsl } from '../support/kql/kql-to-dsl.ts';
import type { Mapping } from '../support/mapped-fields.ts';
import { mappedFields } from '../support/mapped-fields.ts';
import type { QuestionStreams } from '../support/question-streams.ts';
import { writeQuestionStreams } from '../support/question-streams.ts';
import { shellWords } from '../support/shell-words.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = readdirSync(join(ROOT, 'docs/questions')).filter((name) => name !== 'README.md');

/** A command line of a page, and what it says that comes of it. */
interface DocumentedCommand {
  readonly page: string;
  readonly line: string;
  readonly output: string;
}

/** A query of a page, and how many of the sample's flows it says that are found. */
interface DocumentedQuery {
  readonly page: string;
  readonly kql: string;
  readonly found: number;
  readonly of: number;
}

const COMMAND = /```sh\n(flowtap .+)\n```\n\n```text\n([\s\S]*?)```\n/g;
const QUERY = /```kql\n(.+)\n```\n\n\| KQL finds \| Of \|\n\| --- \| --- \|\n\| (\d+) \| (\d+) \|\n/g;

const pages = new Map(
  [...PAGES.map((name) => `docs/questions/${name}`), 'README.md'].map((path) => [
    path,
    readFileSync(join(ROOT, path), 'utf8'),
  ]),
);
const commands = [...pages].flatMap(([page, text]) =>
  [...text.matchAll(COMMAND)].map(([, line, output]): DocumentedCommand => ({ page, line, output })),
);
const queries = [...pages].flatMap(([page, text]) =>
  [...text.matchAll(QUERY)].map(
    ([, kql, found, of]): DocumentedQuery => ({ page, kql, found: Number(found), of: Number(of) }),
  ),
);

test.each(PAGES)('%s has a command, a query, and a place in the list', (name) => {
  const text = String(pages.get(`docs/questions/${name}`));
  expect(text).toMatch(/^# .+\?\n\n/);
  const [title] = text.slice(2).split('\n');
  expect(readFileSync(join(ROOT, 'docs/questions/README.md'), 'utf8')).toContain(`[${title}](${name})`);
  // Nothing between fences escapes the patterns above.
  const of = (page: string): number => [commands, queries].flat().filter((each) => each.page === page).length;
  expect(of(`docs/questions/${name}`)).toBe((text.match(/```(sh|kql)\n/g) ?? []).length);
  expect(
    queries.some(({ page }) => page.endsWith(name)) && commands.some(({ page }) => page.endsWith(name)),
  ).toBe(true);
});

describe('over the sample', () => {
  const unavailable = elasticsearchUnavailable();
  let streams: QuestionStreams;

  beforeEach((context) => context.skip(unavailable !== undefined, unavailable));
  beforeAll(async () => {
    if (unavailable === undefined) streams = await writeQuestionStreams('questions');
  }, ELASTICSEARCH_START_MS);

  /** Times are of the run. */
  const timeless = (text: string): string =>
    text.replace(/\d{4}-\d\d-\d\d([ T])\d\d:\d\d:\d\d/g, '2026-01-15$110:03:10').replace(/ +$/gm, '');

  test.each(commands)('$page: $line', async ({ line, output }) => {
    const [, ...args] = shellWords(line);
    const { exitCode, stdout } = await runFlowtap(args, { env: streams.env });
    expect([exitCode, timeless(stdout)]).toEqual([0, output]);
  });

  const template = readTemplateSet().components.get('flowtap-flow@mappings')!;
  const fields = mappedFields(template.template.mappings as Mapping);

  test.each(queries)('$page: $kql', async ({ kql, found, of }) => {
    const count = async (query: object): Promise<number> => {
      const response = await fetch(`${streams.url}/logs-flowtap.flow-${streams.namespace}/_count`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      return ((await response.json()) as { readonly count: number }).count;
    };
    expect([await count(kqlToDsl(kql, { fields })), await count({ match_all: {} })]).toEqual([found, of]);
  });
});
