/**
 * What the Elasticsearch that tests run does not have, and what stands in for it. The one place that knows: the
 * product's templates name the right types.
 */

/** Field types whose modules are not in the archive, and the nearest one that is. */
export const FIELD_TYPES: Readonly<Record<string, string>> = {
  constant_keyword: 'keyword',
  wildcard: 'keyword',
  match_only_text: 'text',
  scaled_float: 'double',
  unsigned_long: 'long',
};

/** Parameters that only the replaced type knows. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  constant_keyword: ['value'],
  scaled_float: ['scaling_factor'],
};

/** Requests whose bodies hold mappings: templates, their simulation, new indices, new fields. */
const WITH_MAPPINGS = [
  /^\/_(index|component)_template\//,
  /^\/_index_template\/_simulate/,
  /^\/[^_/][^/]*$/,
  /^\/[^_/][^/]*\/_mapping$/,
];

/** Does the body of this request hold mappings? */
export function holdsMappings(method: string, path: string): boolean {
  return (method === 'PUT' || method === 'POST') && WITH_MAPPINGS.some((pattern) => pattern.test(path));
}

/** Mappings, or anything that holds some, with the types that are there. */
export function withPresentTypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPresentTypes);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  // A field may be called `type`; then this is an object.
  const type = 'type' in value && typeof value.type === 'string' ? value.type : undefined;
  if (type === undefined || FIELD_TYPES[type] === undefined) {
    return Object.fromEntries(entries.map(([name, inner]) => [name, withPresentTypes(inner)]));
  }
  const dropped = PARAMETERS[type] ?? [];
  const kept = entries.filter(([name]) => !dropped.includes(name));
  return {
    ...Object.fromEntries(kept.map(([name, inner]) => [name, withPresentTypes(inner)])),
    type: FIELD_TYPES[type],
  };
}
