/** Labels that also become a field of their own, which can be aggregated. Of several for a field the first that is there. */
export interface PromotedLabel {
  readonly label: string;
  /** The field, below `source.kubernetes` and `destination.kubernetes`. */
  readonly field: string;
}

export const DEFAULT_PROMOTED_LABELS: readonly PromotedLabel[] = [
  { label: 'app', field: 'app' },
  { label: 'app.kubernetes.io/name', field: 'app' },
  { label: 'version', field: 'version' },
  { label: 'app.kubernetes.io/version', field: 'version' },
  { label: 'app.kubernetes.io/instance', field: 'instance' },
  { label: 'app.kubernetes.io/component', field: 'component' },
];

/** Each is a field in the index. */
export const MOST_PROMOTED_LABELS = 16;

/** What `kubernetes` holds of its own. */
const TAKEN = new Set([
  ...['pod', 'pods', 'pod_count', 'service', 'services', 'workload', 'node', 'namespace'],
]);

/** Why a list of labels cannot be used; undefined where it can. */
export function promotedLabelsProblem(labels: readonly PromotedLabel[]): string | undefined {
  if (labels.length > MOST_PROMOTED_LABELS) return `At most ${MOST_PROMOTED_LABELS} labels can be promoted.`;
  for (const { field } of labels) {
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(field)) return `"${field}" is no name for a field.`;
    if (TAKEN.has(field)) return `The field "${field}" is there already.`;
  }
  return undefined;
}

export function promote(
  labels: Readonly<Record<string, string>>,
  promoted: readonly PromotedLabel[],
): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const { label, field } of promoted) {
    if (fields[field] === undefined && Object.hasOwn(labels, label)) fields[field] = labels[label];
  }
  return fields;
}
