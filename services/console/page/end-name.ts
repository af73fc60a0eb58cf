import type { End } from '../flow-source.ts';

/** An end for people: `shop/cart`, `node-a`, `outside of the cluster`. */
export function endName({ kind, namespace, name }: End): string {
  if (kind === 'outside') return 'outside of the cluster';
  if (kind === 'unknown') return 'not known';
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** An end as the API's filters take it, and as the map knows it: `service:shop/cart`. */
export function endId({ kind, namespace, name }: End): string {
  if (kind === 'outside' || kind === 'unknown') return kind;
  return namespace === undefined ? `${kind}:${name}` : `${kind}:${namespace}/${name}`;
}
