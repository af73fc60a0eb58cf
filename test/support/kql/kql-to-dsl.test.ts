import { describe, expect, test } from 'vitest';
import type { MappedField } from '../mapped-fields.ts';
import type { Dsl } from './kql-to-dsl.ts';
import { kqlToDsl } from './kql-to-dsl.ts';

const FIELDS = new Map<string, MappedField>([
  ['host.name', { type: 'keyword' }],
  ['source.ip', { type: 'ip' }],
  ['source.bytes', { type: 'long' }],
  ['@timestamp', { type: 'date' }],
  ['message', { type: 'match_only_text' }],
  ['pod.labels', { type: 'flattened' }],
  ['pods', { type: 'nested' }],
  ['pods.namespace', { type: 'keyword', nestedIn: 'pods' }],
  ['pods.labels', { type: 'flattened', nestedIn: 'pods' }],
]);

const any = (...should: Dsl[]): Dsl => ({ bool: { should, minimum_should_match: 1 } });
const host = (value: string): Dsl => any({ term: { 'host.name': { value } } });

const CASES: readonly [kql: string, dsl: Dsl][] = [
  ['', { match_all: {} }],
  ['host.name: a', host('a')],
  ['host.name : "a b"', host('a b')],
  ['host.name: a b', host('a b')],
  ['host.name: a*', any({ wildcard: { 'host.name': { value: 'a*' } } })],
  ['host.name: a\\*', host('a*')],
  ['host.name: "a*"', host('a*')],
  ['host.name: *', any({ exists: { field: 'host.name' } })],
  ['host.name: node\\:1', host('node:1')],
  ['source.ip: 10.0.0.1', any({ match: { 'source.ip': '10.0.0.1' } })],
  ['source.ip: "fd00::/8"', any({ match_phrase: { 'source.ip': 'fd00::/8' } })],
  ['source.bytes >= 10', any({ range: { 'source.bytes': { gte: '10' } } })],
  ['source.bytes<10', any({ range: { 'source.bytes': { lt: '10' } } })],
  ['@timestamp: "2026-01-01"', any({ range: { '@timestamp': { gte: '2026-01-01', lte: '2026-01-01' } } })],
  ['message: quick fox', any({ match: { message: 'quick fox' } })],
  ['message: qui*', any({ query_string: { fields: ['message'], query: 'qui*' } })],
  ['whoami', any({ multi_match: { type: 'best_fields', query: 'whoami', lenient: true } })],
  ['"who am i"', any({ multi_match: { type: 'phrase', query: 'who am i', lenient: true } })],
  ['pod.labels.app: x', any({ match: { 'pod.labels.app': 'x' } })],
  ['pod.labels.app.kubernetes.io/name: web', any({ match: { 'pod.labels.app.kubernetes.io/name': 'web' } })],
  [
    'pod.labels.app.kubernetes.io/name: "web"',
    any({ match_phrase: { 'pod.labels.app.kubernetes.io/name': 'web' } }),
  ],
  [
    'pod.labels.app.kubernetes.io/name: we*',
    any({ query_string: { fields: ['pod.labels.app.kubernetes.io/name'], query: 'we*' } }),
  ],
  ['pod.labels.app: *', any({ exists: { field: 'pod.labels.app' } })],
  ['host.name: a and host.name: b', { bool: { filter: [host('a'), host('b')] } }],
  [
    'host.name: a OR host.name: b AND not host.name: c',
    any(host('a'), { bool: { filter: [host('b'), { bool: { must_not: host('c') } }] } }),
  ],
  [
    '(host.name: a or host.name: b) and host.name: c',
    { bool: { filter: [any(host('a'), host('b')), host('c')] } },
  ],
  ['host.name: (a or b)', any(host('a'), host('b'))],
  ['host.name: (a and not b)', { bool: { filter: [host('a'), { bool: { must_not: host('b') } }] } }],
  [
    'pods:{ labels.app: x and namespace: y }',
    {
      nested: {
        path: 'pods',
        query: {
          bool: {
            filter: [
              any({ match: { 'pods.labels.app': 'x' } }),
              any({ term: { 'pods.namespace': { value: 'y' } } }),
            ],
          },
        },
        score_mode: 'none',
      },
    },
  ],
  ['pods.labels.app: x', any({ match: { 'pods.labels.app': 'x' } })],
];

test.each(CASES)('%s', (kql, dsl) => expect(kqlToDsl(kql, { fields: FIELDS })).toEqual(dsl));

test('Security has its own and, and forgives what is not mapped', () => {
  const options = { fields: FIELDS, conjunction: 'must', ignoreUnmapped: true } as const;
  expect(kqlToDsl('host.name: a and host.name: b', options)).toEqual({
    bool: { must: [host('a'), host('b')] },
  });
  expect(kqlToDsl('pods:{ namespace: y }', options)).toMatchObject({ nested: { ignore_unmapped: true } });
});

describe('no KQL', () => {
  test.each([
    'destination.ip = "8.8.8.8" and',
    'host.name:',
    '(host.name: a',
    'host.name: a)',
    'source.ip: fd00::1',
    'pods:{ namespace: y',
    'and',
    '"open',
    'pods.namespace: y',
  ])('%s', (kql) => expect(() => kqlToDsl(kql, { fields: FIELDS })).toThrow());
});
