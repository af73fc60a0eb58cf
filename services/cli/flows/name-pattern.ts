import type * as z from 'zod/mini';
import type { Clause } from '../../console/elasticsearch/flow-query.ts';
import { reader } from '../../runtime/config-values.ts';

/** A name that is asked for, in one namespace or in any: `cart`, `shop/cart`, `shop/cart-*`, `!kube-system`. */
export interface NamePattern {
  /** Everything else is asked for. */
  readonly isExcluded: boolean;
  readonly namespace: string | undefined;
  /** A star stands for any characters. */
  readonly name: string;
}

const MAX_NAME = 253;

/** Reads a pattern of names that have no namespace. */
export function plainName(): z.ZodMiniType<NamePattern, string> {
  return reader('a name, such as shop or team-*, with ! before what is not wanted', (word) => {
    const pattern = readPattern(word);
    return pattern?.namespace === undefined ? pattern : undefined;
  });
}

/** Reads a pattern of names that may have their namespace before them. */
export function namespacedName(): z.ZodMiniType<NamePattern, string> {
  return reader('a name, such as cart, shop/cart or cart-*, with ! before what is not wanted', readPattern);
}

function readPattern(word: string): NamePattern | undefined {
  const [, not, namespace, name] = /^(!?)(?:([^/!]+)\/)?([^/!]+)$/.exec(word) ?? [];
  if (name === undefined || name.length > MAX_NAME || (namespace?.length ?? 0) > MAX_NAME) return undefined;
  return { isExcluded: not === '!', namespace, name };
}

/** That a field has the name; a lone star asks for any. */
export function nameClause(field: string, name: string): Clause {
  if (name === '*') return { exists: { field } };
  if (!name.includes('*')) return { term: { [field]: name } };
  return { wildcard: { [field]: { value: name.replace(/[?\\]/g, '\\$&') } } };
}
