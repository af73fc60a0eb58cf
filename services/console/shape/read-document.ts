import type { FlowDocument } from '../flow-source.ts';
import type { Value } from './group.ts';

const LABELS = '.labels.';

/**
 * The value at a dotted path as an index has it: the first of a list, and of labels, whose names have dots, the one of
 * the rest of the path.
 */
export function valueAt(document: FlowDocument, path: string): Value {
  const labelsAt = path.indexOf(LABELS);
  if (labelsAt >= 0) {
    const labels = walk(document, path.slice(0, labelsAt + LABELS.length - 1));
    return scalar(walkStep(labels, path.slice(labelsAt + LABELS.length)));
  }
  return scalar(walk(document, path));
}

/** The text at a path. */
export function textAt(document: FlowDocument, path: string): string | undefined {
  const value = valueAt(document, path);
  return value === undefined ? undefined : String(value);
}

/** The number at a path; 0 where there is none. */
export function numberAt(document: FlowDocument, path: string): number {
  const value = valueAt(document, path);
  return typeof value === 'number' ? value : 0;
}

/** What is at a path, of any form. */
export function walk(document: FlowDocument, path: string): unknown {
  return path.split('.').reduce<unknown>(walkStep, document);
}

function walkStep(object: unknown, name: string): unknown {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, name)) return undefined;
  return (object as Readonly<Record<string, unknown>>)[name];
}

function scalar(value: unknown): Value {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'string' || typeof first === 'number') return first;
  return typeof first === 'boolean' ? String(first) : undefined;
}
