import type { MappedField } from '../mapped-fields.ts';
import type { KqlLiteral } from './kql-tokens.ts';
import type { Kql } from './parse-kql.ts';
import { parseKql } from './parse-kql.ts';

/** A query of Elasticsearch. */
export type Dsl = Readonly<Record<string, unknown>>;

export interface KqlOptions {
  /** What the data view knows: mapped fields by name. Others are passed through as they are. */
  readonly fields: ReadonlyMap<string, MappedField>;
  /** The clause for `and`: Discover and Lens say filter, Security says must. */
  readonly conjunction?: 'filter' | 'must';
  /** Security asks so, since its other indices have no such objects. */
  readonly ignoreUnmapped?: boolean;
}

/** The query that Kibana sends for a KQL text, of the subset of `parseKql`. Throws where Kibana would. */
export function kqlToDsl(text: string, options: KqlOptions): Dsl {
  return toDsl(parseKql(text), options, undefined);
}

function toDsl(kql: Kql, options: KqlOptions, nestedIn: string | undefined): Dsl {
  switch (kql.kind) {
    case 'all':
      return { match_all: {} };
    case 'and': {
      const parts = kql.parts.map((part) => toDsl(part, options, nestedIn));
      return { bool: { [options.conjunction ?? 'filter']: parts } };
    }
    case 'or':
      return anyOf(kql.parts.map((part) => toDsl(part, options, nestedIn)));
    case 'not':
      return { bool: { must_not: toDsl(kql.part, options, nestedIn) } };
    case 'nested': {
      const path = inside(nestedIn, kql.path);
      const query = toDsl(kql.part, options, path);
      return {
        nested: { path, query, score_mode: 'none', ...(options.ignoreUnmapped && { ignore_unmapped: true }) },
      };
    }
    case 'range': {
      const field = inside(nestedIn, kql.field);
      checkGroup(field, options, nestedIn);
      const bound = { '<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte' }[kql.operator];
      return anyOf([{ range: { [field]: { [bound]: kql.value } } }]);
    }
    case 'is':
      return anyOf([is(kql.field, kql.value, options, nestedIn)]);
  }
}

function is(
  name: string | undefined,
  value: KqlLiteral,
  options: KqlOptions,
  nestedIn: string | undefined,
): Dsl {
  const { text, isQuoted, hasWildcard } = value;
  if (name === undefined) {
    if (hasWildcard) return { query_string: { query: escaped(text) } };
    return { multi_match: { type: isQuoted ? 'phrase' : 'best_fields', query: text, lenient: true } };
  }
  const field = inside(nestedIn, name);
  checkGroup(field, options, nestedIn);
  if (hasWildcard && text === '*') return { exists: { field } };
  const type = options.fields.get(field)?.type;
  if (hasWildcard) {
    if (type === 'keyword') return { wildcard: { [field]: { value: text } } };
    return { query_string: { fields: [field], query: escaped(text) } };
  }
  if (type === 'keyword') return { term: { [field]: { value: text } } };
  if (type === 'date') return { range: { [field]: { gte: text, lte: text } } };
  return { [isQuoted ? 'match_phrase' : 'match']: { [field]: text } };
}

function anyOf(should: readonly Dsl[]): Dsl {
  return { bool: { should, minimum_should_match: 1 } };
}

function inside(nestedIn: string | undefined, name: string): string {
  return nestedIn === undefined ? name : `${nestedIn}.${name}`;
}

/** A field of a nested object means nothing outside of a group. One that is not known passes, and finds nothing. */
function checkGroup(field: string, { fields }: KqlOptions, nestedIn: string | undefined): void {
  const nested = fields.get(field)?.nestedIn;
  if (nested !== undefined && nested !== nestedIn) {
    throw new Error(`${field} is a nested field, but is not in a nested group with the path "${nested}".`);
  }
}

/** What query_string would take for its own syntax, but for stars. */
function escaped(text: string): string {
  return text.replace(/[+\-=&|!(){}[\]^"~?:\\/]/g, '\\$&');
}
