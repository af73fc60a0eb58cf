import type { DescribedIdentity } from './described-identity.ts';

/** A time in which an address was somebody's, as far as that is known for sure: from `fromMs` to before `untilMs`. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly value: DescribedIdentity;
}

/** What is remembered of an address. */
export interface RememberedIdentities {
  /** Of different owners, or of one owner as it changed; the latest one last. */
  readonly spans: readonly Span[];
  /** Nobody was known when it was asked, and it is not asked again before this time. */
  readonly missUntilMs: number;
  /** How many changes were known when it was asked. */
  readonly asOf: number;
}

/** Owners of an address that are remembered. */
const MOST_SPANS = 4;

/** Both, in order; where two overlap, the newer answer counts. */
export function mergeSpans(known: readonly Span[], newer: readonly Span[]): readonly Span[] {
  if (newer.length === 0) return known;
  const kept: Span[] = [];
  for (const span of known) {
    let { untilMs } = span;
    for (const other of newer) {
      if (other.fromMs < untilMs && other.untilMs > span.fromMs) untilMs = Math.min(untilMs, other.fromMs);
    }
    if (untilMs > span.fromMs) kept.push(untilMs === span.untilMs ? span : { ...span, untilMs });
  }
  return [...kept, ...newer].sort((a, b) => a.fromMs - b.fromMs).slice(-MOST_SPANS);
}

export function spanAt(spans: readonly Span[], atMs: number): Span | undefined {
  for (let index = spans.length - 1; index >= 0; index--) {
    const span = spans[index];
    if (span.fromMs <= atMs && atMs < span.untilMs) return span;
  }
  return undefined;
}
