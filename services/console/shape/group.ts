import type { Volume } from '../flow-source.ts';

/** A value of a field; undefined where a document does not have it. */
export type Value = string | number | undefined;

/** Documents with the same values of some fields, taken together. */
export interface Group {
  /** By the names of the fields. */
  readonly values: Readonly<Record<string, Value>>;
  readonly volume: Volume;
}

export interface Groups {
  readonly groups: readonly Group[];
  /** There are more than were looked at. */
  readonly isPartial: boolean;
}

/** A value as text; undefined where there is none. */
export function textOf(value: Value): string | undefined {
  return value === undefined ? undefined : String(value);
}
