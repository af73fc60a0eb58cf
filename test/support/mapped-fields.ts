/** A field of a mapping. Objects are no fields, but for nested ones. */
export interface MappedField {
  readonly type: string;
  /** The nested object that it is in. */
  readonly nestedIn?: string | undefined;
}

export interface Mapping {
  readonly type?: string;
  readonly dynamic?: boolean;
  readonly properties?: Readonly<Record<string, Mapping>>;
}

/** The fields of a mapping by their whole names. */
export function mappedFields(mapping: Mapping, prefix = '', nestedIn?: string): Map<string, MappedField> {
  const fields = new Map<string, MappedField>();
  for (const [name, inner] of Object.entries(mapping.properties ?? {})) {
    const path = `${prefix}${name}`;
    if (inner.type !== undefined) fields.set(path, { type: inner.type, nestedIn });
    const nested = inner.type === 'nested' ? path : nestedIn;
    for (const [innerPath, field] of mappedFields(inner, `${path}.`, nested)) fields.set(innerPath, field);
  }
  return fields;
}

/** Fields whose values are objects in JSON. */
const OBJECT_TYPES = ['flattened', 'geo_point'];

/** The values of a document by their fields; those of lists one by one. What is inside a label's or place's object is its. */
export function documentFields(
  value: unknown,
  fields: ReadonlyMap<string, MappedField>,
  path = '',
): [path: string, value: unknown][] {
  if (Array.isArray(value)) return value.flatMap((item) => documentFields(item, fields, path));
  const isWhole = OBJECT_TYPES.includes(fields.get(path)?.type ?? '');
  if (typeof value !== 'object' || value === null || isWhole) return [[path, value]];
  return Object.entries(value).flatMap(([name, inner]) =>
    documentFields(inner, fields, path === '' ? name : `${path}.${name}`),
  );
}
