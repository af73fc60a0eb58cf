import type { AuthorityFacts, LeafFacts, TlsFacts } from './tls-facts.ts';
import type { TlsLifetimes } from './tls-lifetimes.ts';

/** Why a server gets a certificate: it has none that can be used, lacks names, is two thirds through, or of an old authority. */
export type IssueReason = 'missing' | 'unusable' | 'names' | 'due' | 'authority';

export interface LeafIssue {
  readonly kind: 'issue';
  readonly secretName: string;
  readonly signerId: string;
  readonly reason: IssueReason;
}

/** The certificate stays; the authorities beside it become the present ones. */
export interface LeafRefresh {
  readonly kind: 'refresh';
  readonly secretName: string;
}

/** A caBundle that has just changed reaches all API servers within seconds. */
const MAX_SETTLE_MS = 60_000;

export function planLeaf(
  leaf: LeafFacts,
  facts: TlsFacts,
  nowMs: number,
  lifetimes: TlsLifetimes,
): readonly (LeafIssue | LeafRefresh)[] {
  const { secretName } = leaf;
  const signer = signerOf(facts.authorities, nowMs, lifetimes);
  const reason = signer && reasonToIssue(leaf, signer, facts, nowMs, lifetimes);
  if (signer !== undefined && reason !== undefined)
    return [{ kind: 'issue', secretName, signerId: signer.id, reason }];
  const isFresh =
    leaf.bundle.length === facts.authorities.length &&
    facts.authorities.every(({ id }, index) => leaf.bundle[index] === id);
  return isFresh || leaf.certificate === undefined ? [] : [{ kind: 'refresh', secretName }];
}

/** The newest that has been trusted for the overlap; where there is none, the oldest that is left. */
function signerOf(
  authorities: readonly AuthorityFacts[],
  nowMs: number,
  lifetimes: TlsLifetimes,
): AuthorityFacts | undefined {
  const able = authorities.filter(({ hasKey, notAfterMs }) => hasKey && notAfterMs > nowMs);
  return able.find((authority) => isMature(authority, nowMs, lifetimes)) ?? able.at(-1);
}

function isMature({ trustedSinceMs }: AuthorityFacts, nowMs: number, { overlapMs }: TlsLifetimes): boolean {
  return trustedSinceMs !== undefined && nowMs - trustedSinceMs >= overlapMs;
}

function reasonToIssue(
  { certificate }: LeafFacts,
  signer: AuthorityFacts,
  facts: TlsFacts,
  nowMs: number,
  lifetimes: TlsLifetimes,
): IssueReason | undefined {
  if (certificate === undefined) return 'missing';
  const { issuerId, notAfterMs, coversNames } = certificate;
  if (issuerId === undefined || notAfterMs <= nowMs) return 'unusable';
  // What works is replaced only by what those who call are known to trust.
  if (issuerId !== signer.id && !isSettled(signer, facts, nowMs, lifetimes)) return undefined;
  if (!coversNames) return 'names';
  // What a new one would gain; near the authority's end it is nothing.
  const gainedMs = Math.min(nowMs + lifetimes.leafMs, signer.notAfterMs) - notAfterMs;
  if (gainedMs >= (lifetimes.leafMs * 2) / 3) return 'due';
  return issuerId !== signer.id && isMature(signer, nowMs, lifetimes) ? 'authority' : undefined;
}

function isSettled(
  { id }: AuthorityFacts,
  { publishedSinceMs }: TlsFacts,
  nowMs: number,
  { overlapMs }: TlsLifetimes,
): boolean {
  const sinceMs = publishedSinceMs.get(id);
  return sinceMs !== undefined && nowMs - sinceMs >= Math.min(MAX_SETTLE_MS, overlapMs);
}
