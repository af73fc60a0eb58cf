import type { Document, Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { isAlias, isMap, isNode, isPair, isScalar, isSeq } from 'yaml';
import { NotEditable } from './not-editable.ts';

/** A map or list of a document, with the places that hold it. */
export interface PlacedCollection {
  readonly node: YAMLMap | YAMLSeq;
  /** Of the map that holds it; undefined for the document's own, and for items of a list. */
  readonly pair: Pair | undefined;
  readonly parent: PlacedCollection | undefined;
}

/** The collection at a path; aliases are followed. Undefined where there is none, as behind a merge key. */
export function locateCollection(
  document: Document,
  path: readonly (string | number)[],
): PlacedCollection | undefined {
  let place = collectionOf(document.contents, document, undefined, undefined);
  for (const part of path) {
    if (place === undefined) return undefined;
    const { node } = place;
    const pair = isMap(node) ? pairOf(node, String(part)) : undefined;
    const child = isMap(node) ? pair?.value : node.items[Number(part)];
    place = collectionOf(child, document, pair, place);
  }
  return place;
}

/** The pair of a map with this key. */
export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

/** True for `key:` and `key: null`. */
export function isNull(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

/** Where the text of a node or pair begins. */
export function startOf(item: unknown): number {
  return rangeOf(isPair(item) ? item.key : item)[0];
}

/** Where its text ends, without the comments that follow. */
export function endOf(item: unknown): number {
  if (isPair(item)) return isNode(item.value) ? endOf(item.value) : rangeOf(item.key)[1];
  if ((isMap(item) || isSeq(item)) && !item.flow && item.items.length > 0) return endOf(item.items.at(-1));
  return rangeOf(item)[1];
}

function rangeOf(node: unknown): readonly [number, number] {
  const range = (isNode(node) ? (node as Node) : undefined)?.range;
  if (range === undefined || range === null) throw new NotEditable();
  return [range[0], range[1]];
}

function collectionOf(
  node: unknown,
  document: Document,
  pair: Pair | undefined,
  parent: PlacedCollection | undefined,
): PlacedCollection | undefined {
  const resolved = isAlias(node) ? node.resolve(document) : node;
  return isMap(resolved) || isSeq(resolved) ? { node: resolved, pair, parent } : undefined;
}
