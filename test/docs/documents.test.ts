import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { documentedRows } from '../support/documented-table.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const GOLDEN = '../golden/documents/';
/** Fields of its own are not ours to tell. */
const OF_OTHERS = 'other-sender.json';

const bodies = readdirSync(new URL(GOLDEN, import.meta.url))
  .filter((name) => name !== OF_OTHERS)
  .map((name) => JSON.parse(read(GOLDEN + name)).body as object);

/** What is an object and one field nonetheless. */
const WHOLE = /\.(labels|location)$/;

/** Paths of values; those of the destination as of the source, whose fields are the same. */
function fieldsOf(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || WHOLE.test(path)) {
    return [path.replace(/^(|flowtap\.(?:tcp\.|loss\.|original\.)?)destination\./, '$1source.')];
  }
  return Object.entries(value).flatMap(([name, inner]) =>
    fieldsOf(inner, path === '' ? name : `${path}.${name}`),
  );
}

const pathsOf = (markdown: string): readonly string[] =>
  documentedRows(markdown, 'fields').map(([path]) => path.replace(/^destination\./, 'source.'));

describe('the fields in docs/documents.md', () => {
  const added = pathsOf(read('../../docs/documents.md'));
  const ofRecords = new Set(pathsOf(read('../../docs/records.md')));
  const written = new Set(bodies.flatMap((body) => fieldsOf(body)));

  it('are those that documents have beside the records’ ones, no more and no fewer', () => {
    expect([...added].sort()).toEqual([...written].filter((path) => !ofRecords.has(path)).sort());
  });

  it('are always there where it says so', () => {
    const always = documentedRows(read('../../docs/documents.md'), 'fields').flatMap(([path, , present]) =>
      present === 'always' ? [path] : [],
    );
    for (const body of bodies) expect(fieldsOf(body)).toEqual(expect.arrayContaining(always));
  });
});
