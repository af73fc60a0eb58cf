import type { FlowDocument } from '../../flow-source.ts';

/** A value of a document by its path, where an index may have made a value of a list of one. */
export function fieldOf(document: FlowDocument, path: string): unknown {
  let value: unknown = document;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return Array.isArray(value) && value.length === 1 ? value[0] : value;
}

export function textOf(document: FlowDocument, path: string): string | undefined {
  const value = fieldOf(document, path);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

export function numberOf(document: FlowDocument, path: string): number | undefined {
  const value = fieldOf(document, path);
  return typeof value === 'number' ? value : undefined;
}

export function sumOf(documents: readonly FlowDocument[], path: string): number {
  return documents.reduce((sum, document) => sum + (numberOf(document, path) ?? 0), 0);
}
