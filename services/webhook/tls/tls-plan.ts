import type { AuthorityChange } from './plan-authorities.ts';
import { planAuthorities } from './plan-authorities.ts';
import type { LeafIssue, LeafRefresh } from './plan-leaf.ts';
import { planLeaf } from './plan-leaf.ts';
import type { TlsFacts } from './tls-facts.ts';
import type { TlsLifetimes } from './tls-lifetimes.ts';

/** The caBundle is to become what it should be. */
export interface Publication {
  readonly kind: 'publish';
}

export type TlsStep = AuthorityChange | Publication | LeafIssue | LeafRefresh;

/**
 * What is to be done now; nothing where all is well. When it is done, or some of it, the facts are read and the plan is made
 * again.
 *
 * Nobody may serve what those who call do not trust, and neither sees a change at once. So a new authority is first
 * published; it signs when it has been for the overlap; and the old one stays published for the overlap after the last
 * certificate that it signed was replaced. Nothing but the facts says how far that is, so whoever leads next goes on there.
 */
export function planTls(facts: TlsFacts, nowMs: number, lifetimes: TlsLifetimes): readonly TlsStep[] {
  const change = planAuthorities(facts, nowMs, lifetimes);
  // Alone: everything else depends on it.
  if (change !== undefined) return [change];
  const publication: readonly TlsStep[] = facts.isPublished ? [] : [{ kind: 'publish' }];
  return [...publication, ...facts.leaves.flatMap((leaf) => planLeaf(leaf, facts, nowMs, lifetimes))];
}
