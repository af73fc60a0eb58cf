import type { FieldComplaint } from './flow-check.ts';

type Fields = Record<string, unknown>;

/** Would reach into what all objects have in common. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Makes objects of names with dots at the top of an event, in place: `{"source.ip": x}` becomes `{"source": {"ip": x}}`.
 * Elasticsearch takes both for the same.
 */
export function expandDottedNames(event: Fields): FieldComplaint | undefined {
  for (const [name, value] of Object.entries(event)) {
    if (!name.includes('.')) continue;
    const path = name.split('.');
    const last = path.pop() ?? '';
    let parent = event;
    for (const step of path) {
      if (step === '' || FORBIDDEN.has(step))
        return { field: name, message: `${name} is no name of a field` };
      const inner = Object.hasOwn(parent, step) ? parent[step] : undefined;
      if (inner === undefined) parent[step] = {};
      else if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) {
        return {
          field: name,
          message: `${name} stands beside a value of ${step}; a field has one or the other`,
        };
      }
      parent = parent[step] as Fields;
    }
    if (last === '' || FORBIDDEN.has(last)) return { field: name, message: `${name} is no name of a field` };
    delete event[name];
    parent[last] = value;
  }
  return undefined;
}
