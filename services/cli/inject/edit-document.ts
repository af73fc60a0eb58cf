import { isDeepStrictEqual } from 'node:util';
import type { Document, Pair } from 'yaml';
import { isMap, isScalar } from 'yaml';
import type { PatchOperation } from '../../webhook/patch/json-patch.ts';
import { editBlock, fillEmpty, removeMark } from './block-collection.ts';
import type { CollectionChange } from './collection-change.ts';
import { isEmptied, noChange } from './collection-change.ts';
import { editFlow, renderFlow } from './flow-collection.ts';
import type { PlacedCollection } from './locate-node.ts';
import { endOf, isNull, locateCollection, pairOf, startOf } from './locate-node.ts';
import { NotEditable } from './not-editable.ts';
import { renderYaml } from './render-yaml.ts';
import type { TextEdit } from './text-edit.ts';

/**
 * Edits of the text of a document that come to the operations, and leave every other line as it is. Positions in lists
 * are those before the first operation. A collection that is emptied goes, if it was not there before entries were put
 * in. Throws NotEditable where what is to be changed has no place of its own.
 */
export function editDocument(
  text: string,
  document: Document,
  operations: readonly PatchOperation[],
): readonly TextEdit[] {
  const edits: TextEdit[] = [];
  const changes = new Map<unknown, CollectionChange>();
  const changeOf = (place: PlacedCollection): CollectionChange => {
    const change = changes.get(place.node) ?? noChange(place);
    changes.set(place.node, change);
    return change;
  };
  for (const operation of operations) {
    const path = operation.path.slice(1).split('/').map(unescapePart);
    const last = String(path.pop());
    const place = locateCollection(document, path);
    if (place === undefined) throw new NotEditable();
    const { node } = place;
    const pair = isMap(node) ? pairOf(node, last) : undefined;
    if (operation.op === 'remove') {
      const index = isMap(node) ? node.items.indexOf(pair as never) : Number(last);
      if (node.items[index] === undefined) throw new NotEditable();
      changeOf(place).removed.add(index);
    } else if (pair !== undefined) {
      edits.push(...setValue(text, place, pair, operation.value));
    } else {
      collect(changeOf(place), operation, last);
    }
  }
  removeEmptied(text, changes, changeOf, edits);
  for (const change of changes.values()) edits.push(...editCollection(text, change));
  return edits;
}

function editCollection(text: string, change: CollectionChange): TextEdit[] {
  const { node, pair, parent } = change.place;
  if (!node.flow) return editBlock(text, change);
  if (node.items.length > 0 || pair === undefined || !isMap(parent?.node) || parent.node.flow) {
    return editFlow(text, change);
  }
  // `[]` or `{}` within block style becomes block style.
  const entries = [...change.front, ...change.back];
  const value = isMap(node)
    ? Object.fromEntries(entries.map(({ key, value }) => [key, value]))
    : entries.map(({ value }) => value);
  return fillEmpty(text, parent.node, pair, value);
}

/** Notes what is added or replaced, once: what two aliases share is changed for both. */
function collect(
  { place: { node }, front, back, replaced }: CollectionChange,
  operation: PatchOperation & { readonly op: 'add' | 'replace' },
  last: string,
): void {
  const { value } = operation;
  if (operation.op === 'replace') {
    const index = Number(last);
    if (!isDeepStrictEqual((node.items[index] as { toJSON(): unknown }).toJSON(), value)) {
      replaced.set(index, value);
    }
    return;
  }
  const entry = isMap(node) ? { key: last, value } : { value };
  const isAtBack = isMap(node) ? node.flow : last === '-';
  const entries = isAtBack ? back : front;
  if (!entries.some((known) => isDeepStrictEqual(known, entry))) entries.push(entry);
}

/** Another value for a key that is there. */
function setValue(text: string, { node }: PlacedCollection, pair: Pair, value: unknown): TextEdit[] {
  const range = { from: startOf(pair.value), to: endOf(pair.value) };
  if (node.flow) return [{ ...range, text: renderFlow(text, node, value) }];
  if (isNull(pair.value) && isMap(node) && typeof value === 'object' && value !== null) {
    return fillEmpty(text, node, pair, value);
  }
  if (!isScalar(pair.value) || typeof value === 'object') throw new NotEditable();
  return [{ ...range, text: renderYaml(value, false).join('\n') }];
}

/** Takes out what holds nothing any more, until nothing more comes of it. */
function removeEmptied(
  text: string,
  changes: ReadonlyMap<unknown, CollectionChange>,
  changeOf: (place: PlacedCollection) => CollectionChange,
  edits: TextEdit[],
): void {
  const marked = new Set<Pair>();
  for (let isDone = false; !isDone; ) {
    isDone = true;
    for (const change of [...changes.values()].toReversed()) {
      const { pair, parent } = change.place;
      if (!isEmptied(change) || pair === undefined || parent === undefined || marked.has(pair)) continue;
      const index = parent.node.items.indexOf(pair as never);
      const { removed } = changeOf(parent);
      if (removed.has(index) || mayHaveBeenEmpty(change, removed, index)) continue;
      const mark = change.place.node.flow ? undefined : removeMark(text, pair);
      if (mark === undefined) removed.add(index);
      else edits.push(mark);
      marked.add(pair);
      isDone = false;
    }
  }
}

/** `[]` in flow style: what is put in comes last, so what is not last was there. */
function mayHaveBeenEmpty(
  { place: { node, parent } }: CollectionChange,
  removed: ReadonlySet<number>,
  index: number,
): boolean {
  if (!node.flow) return false;
  if (!parent?.node.flow) return true;
  for (let later = index + 1; later < parent.node.items.length; later++) {
    if (!removed.has(later)) return true;
  }
  return false;
}

function unescapePart(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
