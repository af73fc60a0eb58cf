import type { FlowDocument, Volume } from '../flow-source.ts';
import type { Group, Value } from '../shape/group.ts';
import { numberAt, textAt, valueAt } from '../shape/read-document.ts';
import { SUMMED_FIELDS } from '../shape/volume.ts';

type Sums = { -readonly [Name in keyof Volume]: Volume[Name] };

interface OpenGroup {
  readonly values: Readonly<Record<string, Value>>;
  readonly sums: Sums;
  readonly flowIds: Set<string>;
}

/** Takes documents with the same values of the fields together. */
export function groupDocuments(
  documents: readonly FlowDocument[],
  fields: readonly string[],
): readonly Group[] {
  const groups = new Map<string, OpenGroup>();
  for (const document of documents) {
    const values = fields.map((field) => valueAt(document, field));
    const key = JSON.stringify(values);
    const group = groups.get(key) ?? openGroup(fields, values);
    groups.set(key, group);
    addDocument(group, document);
  }
  return [...groups.values()].map(({ values, sums, flowIds }) => ({
    values,
    volume: { ...sums, connections: flowIds.size },
  }));
}

function openGroup(fields: readonly string[], values: readonly Value[]): OpenGroup {
  const names = Object.keys(SUMMED_FIELDS).map((name) => [name, 0]);
  return {
    values: Object.fromEntries(fields.map((field, index) => [field, values[index]])),
    sums: { ...(Object.fromEntries(names) as Sums), connections: 0 },
    flowIds: new Set(),
  };
}

function addDocument({ sums, flowIds }: OpenGroup, document: FlowDocument): void {
  const flowId = textAt(document, 'flow.id');
  if (flowId !== undefined) flowIds.add(flowId);
  for (const [name, fields] of Object.entries(SUMMED_FIELDS)) {
    for (const field of fields) sums[name as keyof typeof SUMMED_FIELDS] += numberAt(document, field);
  }
}
