import type { Pair, Scalar } from 'yaml';
import { isMap, parseDocument } from 'yaml';

/** A value of a chart, as its values.yaml documents it. */
export interface ChartValue {
  /** `webhook.replicas` */
  readonly path: string;
  /** As JSON. */
  readonly default: string;
  /** The comment above it; undefined where there is none. */
  readonly doc: string | undefined;
}

/**
 * The values of a values.yaml. A map is one value, unless something within it has a comment of its own: then it is a group
 * of values.
 */
export function chartValues(yaml: string): readonly ChartValue[] {
  return valuesIn(parseDocument(yaml).contents, '');
}

function valuesIn(node: unknown, prefix: string): readonly ChartValue[] {
  return commentedPairs(node).flatMap(({ key, value, doc }) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (isGroup(value)) return valuesIn(value, path);
    return [{ path, default: JSON.stringify(plain(value)), doc }];
  });
}

function isGroup(node: unknown): boolean {
  return commentedPairs(node).some(({ value, doc }) => doc !== undefined || isGroup(value));
}

interface CommentedPair {
  readonly key: string;
  readonly value: unknown;
  readonly doc: string | undefined;
}

function commentedPairs(node: unknown): readonly CommentedPair[] {
  if (!isMap(node)) return [];
  return (node.items as readonly Pair<Scalar<string>, unknown>[]).map(({ key, value }, index) => {
    // The comment above the first key of a map is the map's. What an empty line sets apart is about more than the key.
    const comment = key.commentBefore ?? (index === 0 ? node.commentBefore : undefined);
    const doc = comment?.split(/\n\s*\n/).at(-1);
    return { key: key.value, value, doc: doc?.replaceAll('\n', ' ').trim() };
  });
}

function plain(node: unknown): unknown {
  return (node as { toJSON?(): unknown } | null)?.toJSON?.() ?? null;
}

/** The values as a Markdown table, for the chart's README. */
export function chartValuesMarkdown(values: readonly ChartValue[]): string {
  const rows = values.map(
    ({ path, default: text, doc = '' }) => `| \`${path}\` | \`${cell(text)}\` | ${cell(doc)} |`,
  );
  return ['| Value | Default | Meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
