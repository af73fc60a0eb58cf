import type { AuthorityFacts, TlsFacts } from './tls-facts.ts';
import type { TlsLifetimes } from './tls-lifetimes.ts';
import { successionMs } from './tls-lifetimes.ts';

/** How the list of authorities changes. */
export interface AuthorityChange {
  readonly kind: 'change-authorities';
  /** A new one comes first. */
  readonly add: boolean;
  /** The rest, with times that were learnt. */
  readonly keep: readonly AuthorityFacts[];
}

/** Undefined where the list stays as it is. */
export function planAuthorities(
  facts: TlsFacts,
  nowMs: number,
  lifetimes: TlsLifetimes,
): AuthorityChange | undefined {
  const { authorities } = facts;
  const newest = authorities.find(({ hasKey }) => hasKey);
  const add = newest === undefined || newest.notAfterMs - nowMs <= successionMs(lifetimes);
  const keep = authorities
    .filter(({ notAfterMs }) => notAfterMs > nowMs)
    .map((authority) => observe(authority, authority === newest, facts, nowMs))
    .filter(({ unusedSinceMs = nowMs }) => nowMs - unusedSinceMs <= lifetimes.overlapMs);
  const isSame =
    keep.length === authorities.length && keep.every((authority) => authorities.includes(authority));
  return add || !isSame ? { kind: 'change-authorities', add, keep } : undefined;
}

/** The authority itself where nothing new is known of it. */
function observe(
  authority: AuthorityFacts,
  isNewest: boolean,
  facts: TlsFacts,
  nowMs: number,
): AuthorityFacts {
  const isUsed = isNewest || facts.leaves.some(({ certificate }) => certificate?.issuerId === authority.id);
  const trustedSinceMs =
    authority.trustedSinceMs ?? (isTrustedEverywhere(authority, facts) ? nowMs : undefined);
  const unusedSinceMs = isUsed ? undefined : (authority.unusedSinceMs ?? nowMs);
  const isKnown = trustedSinceMs === authority.trustedSinceMs && unusedSinceMs === authority.unusedSinceMs;
  return isKnown ? authority : { ...authority, trustedSinceMs, unusedSinceMs };
}

function isTrustedEverywhere({ id }: AuthorityFacts, { publishedSinceMs, leaves }: TlsFacts): boolean {
  const served = leaves.filter(({ certificate }) => certificate !== undefined);
  return publishedSinceMs.has(id) && served.every(({ bundle }) => bundle.includes(id));
}
