import type { CST, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { isMap, isPair, isSeq } from 'yaml';
import type { CollectionChange, NewEntry } from './collection-change.ts';
import { runsOf } from './collection-change.ts';
import { endOf, startOf } from './locate-node.ts';
import { NotEditable } from './not-editable.ts';
import { renderYaml } from './render-yaml.ts';
import type { TextEdit } from './text-edit.ts';
import { insertLines, lineStart, nextLine, removeLines, replaceLines } from './text-edit.ts';

/** Edits of a collection in block style: whole lines, indented as those beside them. */
export function editBlock(text: string, change: CollectionChange): TextEdit[] {
  const { place, front, back, removed, replaced } = change;
  const { node, pair } = place;
  const column = columnOf(text, node);
  const style = { column, isSequenceIndented: isSequenceIndented(text, node) };
  const edits: TextEdit[] = [];
  if (front.length > 0) {
    // Right below the line of its key, so above comments on the first entry.
    if (pair === undefined) throw new NotEditable();
    edits.push(insertLines(text, nextLine(text, endOf(pair.key)), entryLines(front, style)));
  }
  for (const [index, value] of replaced) {
    const { from, to } = linesOf(text, node, index);
    edits.push(replaceLines(text, from, to, entryLines([{ value }], style)));
  }
  for (const { from, to } of runsOf(removed, node.items.length)) {
    edits.push(removeLines(text, linesOf(text, node, from).from, linesOf(text, node, to).to));
  }
  if (back.length > 0) {
    edits.push(insertLines(text, nextLine(text, endOf(node)), entryLines(back, style)));
  }
  return edits;
}

/** What is written behind a key without entries, so that taking ours out gives what was there. */
const EMPTY_MARK = ' # flowtap: empty';
const MARK = '# flowtap: ';
const NOTHING = String.raw`null|~|Null|NULL|\[ *\]|\{ *\}`;
const MARKED = new RegExp(String.raw`^( # flowtap: empty)|^\s*(# flowtap: )(?:${NOTHING})`);
const IS_NOTHING = new RegExp(`^(?:${NOTHING})?$`);

/** Gives a key of a block map entries of its own, where it has nothing, null, `[]` or `{}`. */
export function fillEmpty(text: string, map: YAMLMap, pair: Pair, value: object): TextEdit[] {
  const from = startOf(pair.value);
  const written = text.slice(from, endOf(pair.value));
  if (!IS_NOTHING.test(written)) throw new NotEditable();
  const colon = colonOf(pair);
  const mark = written === '' ? { from: colon, to: colon, text: EMPTY_MARK } : { from, to: from, text: MARK };
  const isIndented = isSequenceIndented(text, map);
  const step = Array.isArray(value) && !isIndented ? 0 : 2;
  const style = { column: columnOf(text, map) + step, isSequenceIndented: isIndented, isBare: true };
  return [mark, insertLines(text, nextLine(text, endOf(pair)), entryLines([{ value }], style))];
}

/** The edit that undoes the mark of a key; undefined where it has none. */
export function removeMark(text: string, pair: Pair): TextEdit | undefined {
  const colon = colonOf(pair);
  const [whole, empty, before] = MARKED.exec(text.slice(colon, colon + 200)) ?? [];
  if (whole === undefined) return undefined;
  if (empty !== undefined) return { from: colon, to: colon + empty.length, text: '' };
  const from = colon + whole.indexOf(before);
  return { from, to: from + before.length, text: '' };
}

/** The lines of an entry, from its first to the last of its content. */
function linesOf(text: string, node: YAMLMap | YAMLSeq, index: number): { from: number; to: number } {
  const item = node.items[index];
  const start = isSeq(node) ? indicatorOf(node, index) : startOf(item);
  const from = lineStart(text, start);
  // What begins on the line of something else cannot be taken out by lines.
  if (text.slice(from, start).trim() !== '') throw new NotEditable();
  return { from, to: nextLine(text, Math.max(endOf(item), start)) };
}

function columnOf(text: string, node: YAMLMap | YAMLSeq): number {
  const start = isSeq(node) ? indicatorOf(node, 0) : startOf(node.items[0]);
  return start - lineStart(text, start);
}

interface EntryStyle {
  readonly column: number;
  readonly isSequenceIndented: boolean;
  /** The entries of the value alone. */
  readonly isBare?: boolean;
}

function entryLines(
  entries: readonly NewEntry[],
  { column, isSequenceIndented, isBare }: EntryStyle,
): string[] {
  const indentation = ' '.repeat(column);
  return entries
    .map(({ key, value }) => (key === undefined ? (isBare ? value : [value]) : { [key]: value }))
    .flatMap((value) => renderYaml(value, isSequenceIndented))
    .map((line) => `${indentation}${line}`);
}

/** Whether lists are indented in their maps, by the ones beside. */
function isSequenceIndented(text: string, node: YAMLMap | YAMLSeq): boolean {
  for (const item of node.items) {
    const value = isPair(item) ? item.value : item;
    if (isPair(item) && isSeq(value) && !value.flow && value.items.length > 0) {
      return columnOf(text, value) > columnOf(text, node);
    }
    if (!isPair(item) && isMap(value) && !value.flow && value.items.length > 0) {
      return isSequenceIndented(text, value);
    }
  }
  return false;
}

function indicatorOf(node: YAMLSeq, index: number): number {
  const token = node.srcToken as CST.BlockSequence | undefined;
  const indicator = token?.items[index]?.start.find(({ type }) => type === 'seq-item-ind');
  if (indicator === undefined) throw new NotEditable();
  return indicator.offset;
}

/** Behind the colon of a pair. */
function colonOf(pair: Pair): number {
  const separator = (pair as { srcToken?: CST.CollectionItem }).srcToken?.sep;
  const colon = separator?.find(({ type }) => type === 'map-value-ind');
  if (colon === undefined) throw new NotEditable();
  return colon.offset + 1;
}
