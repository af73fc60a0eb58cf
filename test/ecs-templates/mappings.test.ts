import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readTemplateSet } from '../../services/cli/setup/template-set.ts';
import { DEFAULT_PROMOTED_LABELS } from '../../services/enrichment/identify/promoted-labels.ts';
import { PROBE_COUNTERS } from '../../services/probe/transport/probe-counters.ts';
import { documentedRows } from '../support/documented-table.ts';
import { everyDocument } from '../support/every-document.ts';
import type { Mapping } from '../support/mapped-fields.ts';
import { documentFields, mappedFields } from '../support/mapped-fields.ts';

const set = readTemplateSet();
const mappingOf = (component: string): Mapping => set.components.get(component)!.template.mappings as Mapping;

/** Index templates by the beginnings of their streams' names, and the fields they map. */
const STREAMS = [...set.indexTemplates].map(
  ([name, { index_patterns: patterns, composed_of: parts, template }]) => {
    const fields = new Map(
      [
        template.mappings as Mapping,
        ...parts.flatMap((part) => (set.components.has(part) ? [mappingOf(part)] : [])),
      ].flatMap((mapping) => [...mappedFields(mapping ?? {})]),
    );
    return { name, start: patterns[0].slice(0, -1), fields };
  },
);

function fieldsOf(stream: string): (typeof STREAMS)[number]['fields'] {
  return STREAMS.find(({ start }) => stream.startsWith(start))!.fields;
}

/** What a type takes, beside lists of it. */
function isOf(type: string | undefined, value: unknown): boolean {
  switch (type) {
    case 'long':
      return Number.isInteger(value);
    case 'double':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'date':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value));
    case 'flattened':
    case 'geo_point':
      return typeof value === 'object';
    case undefined:
      return false;
    default:
      return typeof value === 'string';
  }
}

describe('documents', () => {
  test.each([...everyDocument()])(
    'every field of $name is mapped, and with a type that takes it',
    ({ stream, body }) => {
      const fields = fieldsOf(stream);
      const wrong = documentFields(body, fields).filter(
        ([path, value]) => !isOf(fields.get(path)?.type, value),
      );
      expect(wrong).toEqual([]);
    },
  );

  test('every counter of a probe is mapped', () => {
    const fields = fieldsOf('metrics-flowtap.probe-default');
    const unmapped = PROBE_COUNTERS.filter(({ name }) => !fields.has(`flowtap.counters.${name}`));
    expect(unmapped).toEqual([]);
  });

  test('every promoted label is mapped', () => {
    const fields = fieldsOf('logs-flowtap.flow-default');
    for (const { field } of DEFAULT_PROMOTED_LABELS) {
      expect(fields.get(`source.kubernetes.${field}`)).toEqual({ type: 'keyword', nestedIn: undefined });
    }
  });
});

/** Types as the pages name them. */
const DOCUMENTED_AS: Readonly<Record<string, string>> = { text: 'match_only_text' };

test.each(['records', 'documents'])('docs/%s.md names the types that are in the index', (page) => {
  const markdown = readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8');
  const fields = fieldsOf('logs-flowtap.flow-default');
  const others = documentedRows(markdown, 'fields').filter(([path, documented]) => {
    const [type] = /^\w+/.exec(documented) ?? [''];
    // Values that Elasticsearch is not told of by themselves: `data_stream` names the stream.
    const expected = path.startsWith('data_stream.') ? 'constant_keyword' : (DOCUMENTED_AS[type] ?? type);
    return fields.get(path)?.type !== expected;
  });
  expect(others).toEqual([]);
});

/** Types of the Elastic Common Schema and of Kubernetes fields, written from their definitions. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  date: ['@timestamp', 'event.start', 'event.end', 'event.created', 'event.ingested'],
  ip: ['source.ip', 'destination.ip', 'source.nat.ip', 'related.ip', 'host.ip', 'observer.ip'],
  long: [
    ...[
      'source.port',
      'source.bytes',
      'source.packets',
      'destination.port',
      'destination.bytes',
      'destination.packets',
    ],
    ...['network.bytes', 'network.packets', 'event.duration', 'source.as.number', 'destination.as.number'],
  ],
  geo_point: ['source.geo.location', 'destination.geo.location'],
  boolean: ['flow.final'],
  constant_keyword: ['data_stream.type', 'data_stream.dataset', 'data_stream.namespace'],
  match_only_text: ['message'],
  flattened: [
    ...['source.kubernetes.pod.labels', 'source.kubernetes.pods.labels', 'source.kubernetes.service.labels'],
    ...['destination.kubernetes.services.labels', 'labels'],
  ],
  nested: [
    ...['source.kubernetes.pods', 'source.kubernetes.services'],
    ...['destination.kubernetes.pods', 'destination.kubernetes.services'],
  ],
  keyword: [
    ...[
      'network.community_id',
      'network.transport',
      'network.iana_number',
      'network.type',
      'network.protocol',
    ],
    ...['network.direction', 'event.kind', 'event.category', 'event.type', 'event.action', 'event.dataset'],
    ...[
      'event.module',
      'event.provider',
      'event.id',
      'event.outcome',
      'type',
      'flow.id',
      'host.name',
      'host.id',
    ],
    ...['host.hostname', 'host.os.name', 'observer.type', 'observer.name', 'observer.version', 'agent.type'],
    ...['agent.id', 'agent.version', 'source.domain', 'destination.domain', 'source.geo.country_iso_code'],
    ...['source.geo.country_name', 'source.geo.continent_name', 'source.geo.city_name', 'related.hosts'],
    ...['source.as.organization.name', 'destination.as.organization.name', 'ecs.version', 'tags'],
    ...[
      'orchestrator.type',
      'orchestrator.cluster.name',
      'orchestrator.cluster.id',
      'orchestrator.namespace',
    ],
    ...[
      'orchestrator.resource.name',
      'cloud.provider',
      'cloud.region',
      'cloud.availability_zone',
      'process.name',
    ],
    ...['source.kubernetes.workload.name', 'source.kubernetes.pod.name', 'source.kubernetes.pod.uid'],
  ],
};

describe('fields of flows', () => {
  const fields = fieldsOf('logs-flowtap.flow-default');

  test.each(Object.entries(TYPES).flatMap(([type, names]) => names.map((name) => [name, type] as const)))(
    '%s is of type %s',
    (name, type) => expect(fields.get(name)?.type).toBe(type),
  );

  test('both ends have the same ones', () => {
    const { source, destination } = mappingOf('flowtap-flow@mappings').properties!;
    expect(destination).toEqual(source);
  });

  test('a label cannot break a document: none of them is mapped by itself', () => {
    const labels = [...fields.keys()].filter((name) => name.includes('.labels.'));
    expect(labels).toEqual([]);
  });

  test('nothing maps itself but what says so', () => {
    const dynamic = (mapping: Mapping, path = ''): string[] => [
      ...(mapping.dynamic === true ? [path] : []),
      ...Object.entries(mapping.properties ?? {}).flatMap(([name, inner]) =>
        dynamic(inner, `${path}${name}.`),
      ),
    ];
    expect(dynamic(mappingOf('flowtap-flow@mappings'))).toEqual([
      'source.kubernetes.',
      'destination.kubernetes.',
    ]);
  });
});
