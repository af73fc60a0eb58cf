import { describe, expect, test } from 'vitest';
import { holdsMappings, withPresentTypes } from './elasticsearch-limits.ts';

describe('types that are not there', () => {
  test.each([
    [
      { type: 'wildcard', ignore_above: 1024 },
      { type: 'keyword', ignore_above: 1024 },
    ],
    [{ type: 'constant_keyword', value: 'flow' }, { type: 'keyword' }],
    [{ type: 'scaled_float', scaling_factor: 1000 }, { type: 'double' }],
    [{ type: 'unsigned_long' }, { type: 'long' }],
    [
      { type: 'match_only_text', fields: { raw: { type: 'wildcard' } } },
      { type: 'text', fields: { raw: { type: 'keyword' } } },
    ],
    [{ properties: { type: { type: 'wildcard' } } }, { properties: { type: { type: 'keyword' } } }],
    [
      { dynamic_templates: [{ a: { mapping: { type: 'wildcard' } } }] },
      { dynamic_templates: [{ a: { mapping: { type: 'keyword' } } }] },
    ],
    [
      { type: 'flattened', depth_limit: 20, null_value: null },
      { type: 'flattened', depth_limit: 20, null_value: null },
    ],
  ])('%j becomes %j', (mapping, present) => {
    expect(withPresentTypes(mapping)).toEqual(present);
  });
});

describe('requests that hold mappings', () => {
  test.each([
    ['PUT', '/_index_template/a', true],
    ['PUT', '/_component_template/a@b', true],
    ['POST', '/_index_template/_simulate/a', true],
    ['PUT', '/logs-a-default', true],
    ['PUT', '/logs-a-default/_mapping', true],
    ['GET', '/_index_template/a', false],
    ['POST', '/_bulk', false],
    ['POST', '/logs-a-default/_search', false],
    ['PUT', '/logs-a-default/_create/1', false],
    ['PUT', '/_cluster/settings', false],
  ])('%s %s: %s', (method, path, holds) => {
    expect(holdsMappings(method, path)).toBe(holds);
  });
});
