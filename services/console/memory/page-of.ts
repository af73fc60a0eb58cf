import type { FlowCursor, FlowDocument, Flows, FlowsQuery } from '../flow-source.ts';
import type { SortKey } from '../shape/flow-order.ts';
import { sortKeys } from '../shape/flow-order.ts';
import { flowRow } from '../shape/flow-row.ts';
import { numberAt, textAt } from '../shape/read-document.ts';

interface Row {
  readonly document: FlowDocument;
  readonly cursor: FlowCursor;
}

/** A page of documents in their order, from the cursor of the page before on. */
export function pageOf(documents: readonly FlowDocument[], { sort, size, after }: FlowsQuery): Flows {
  const keys = sortKeys(sort);
  const compare = (a: FlowCursor, b: FlowCursor): number => compareCursors(a, b, keys);
  const rows = documents
    .map((document): Row => ({ document, cursor: keys.map((key) => sortValue(document, key)) }))
    .sort((a, b) => compare(a.cursor, b.cursor));
  const rest = after === undefined ? rows : rows.filter(({ cursor }) => compare(cursor, after) > 0);
  return {
    flows: rest.slice(0, size).map(({ document }) => flowRow(document)),
    next: rest.length > size ? rest[size - 1].cursor : undefined,
    found: rows.length,
  };
}

function sortValue(document: FlowDocument, { field, type }: SortKey): string | number {
  if (type === 'long') return numberAt(document, field);
  const text = textAt(document, field) ?? '';
  return type === 'date' ? Date.parse(text) : text;
}

function compareCursors(a: FlowCursor, b: FlowCursor, keys: readonly SortKey[]): number {
  for (const [index, { order }] of keys.entries()) {
    if (a[index] === b[index]) continue;
    const isBefore = a[index] < b[index];
    return isBefore === (order === 'asc') ? -1 : 1;
  }
  return 0;
}
