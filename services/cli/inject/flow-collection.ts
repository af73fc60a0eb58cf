import type { YAMLMap, YAMLSeq } from 'yaml';
import type { CollectionChange, NewEntry, Run } from './collection-change.ts';
import { runsOf } from './collection-change.ts';
import { endOf, startOf } from './locate-node.ts';
import type { TextEdit } from './text-edit.ts';
import { lineBreakOf } from './text-edit.ts';

/** Edits of a collection in flow style, as all of JSON is: `{…}` or `[…]`, on one line or several as it was. */
export function editFlow(text: string, change: CollectionChange): TextEdit[] {
  const { place, front, back, removed, replaced } = change;
  const { node } = place;
  const style = styleOf(text, node);
  const render = (entry: NewEntry): string => renderEntry(entry, style);
  const edits = [...runsOf(removed, node.items.length)].map((run) => removeRun(node, run));
  for (const [index, value] of replaced) {
    const item = node.items[index];
    edits.push({ from: startOf(item), to: endOf(item), text: render({ value }) });
  }
  if (node.items.length === 0) {
    const at = startOf(node) + 1;
    const entries = [...front, ...back].map(render).join(`,${style.gap}`);
    return entries === '' ? edits : [...edits, { from: at, to: at, text: entries }];
  }
  const first = startOf(node.items[0]);
  const last = endOf(node.items.at(-1));
  for (const entry of front) {
    edits.push({ from: first, to: first, text: `${render(entry)},${style.gap}` });
  }
  for (const entry of back) edits.push({ from: last, to: last, text: `,${style.gap}${render(entry)}` });
  return edits;
}

/** The text of a value in place of another one in a flow collection. */
export function renderFlow(text: string, node: YAMLMap | YAMLSeq, value: unknown): string {
  return renderEntry({ value }, styleOf(text, node));
}

interface FlowStyle {
  /** Between a comma and the next entry. */
  readonly gap: string;
  /** What one level is indented by; undefined where entries share a line. */
  readonly unit: string | undefined;
}

function styleOf(text: string, node: YAMLMap | YAMLSeq): FlowStyle {
  const source = text.slice(startOf(node), endOf(node));
  const [first] = node.items;
  const before = first === undefined ? '' : text.slice(startOf(node) + 1, startOf(first));
  const lineBreak = before.lastIndexOf('\n');
  if (lineBreak < 0)
    return { gap: /[:,]\S/.test(source) && !/[:,]\s/.test(source) ? '' : ' ', unit: undefined };
  const indentation = before.slice(lineBreak + 1);
  const unit = indentation.startsWith('\t') ? '\t' : ' '.repeat(indentUnitOf(text));
  return { gap: `${lineBreakOf(text)}${indentation}`, unit };
}

/** By the first line of the text that is indented. */
function indentUnitOf(text: string): number {
  return /^( +)\S/m.exec(text)?.[1].length ?? 2;
}

function renderEntry({ key, value }: NewEntry, { gap, unit }: FlowStyle): string {
  const words = key === undefined ? '' : `${JSON.stringify(key)}:${gap === '' ? '' : ' '}`;
  if (unit !== undefined) return words + JSON.stringify(value, undefined, unit).replaceAll('\n', gap);
  if (gap === '') return words + JSON.stringify(value);
  // Line breaks in texts are escaped, so these are all between entries.
  return words + JSON.stringify(value, undefined, 1).replace(/\n */g, ' ');
}

/** Takes entries out with the comma on one side of them. */
function removeRun({ items }: YAMLMap | YAMLSeq, { from, to }: Run): TextEdit {
  if (from > 0) return { from: endOf(items[from - 1]), to: endOf(items[to]), text: '' };
  const next = items[to + 1];
  return { from: startOf(items[0]), to: next === undefined ? endOf(items[to]) : startOf(next), text: '' };
}
