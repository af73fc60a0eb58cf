import type * as z from 'zod/mini';
import { reader } from '../../runtime/config-values.ts';

/** A moment, or how long it is ago; in milliseconds. */
export type TimeBound = { readonly atMs: number } | { readonly agoMs: number };

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** RFC 3339, section 5.6: a date, a time, and the offset from UTC. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;

/** Reads `5m`, `2h`, `7d`, or a moment such as `2026-01-15T10:00:00Z`. */
export function timeBound(): z.ZodMiniType<TimeBound, string> {
  return reader('a time ago such as 5m, 2h or 7d, or a moment such as 2026-01-15T10:00:00Z', (word) => {
    const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(word) ?? [];
    if (count !== undefined) return { agoMs: Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS] };
    const atMs = DATE_TIME.test(word) ? Date.parse(word) : Number.NaN;
    return Number.isNaN(atMs) ? undefined : { atMs };
  });
}

/** Milliseconds since 1970. */
export function momentOf(bound: TimeBound, nowMs: number): number {
  return 'atMs' in bound ? bound.atMs : nowMs - bound.agoMs;
}
