import { FlowtapError } from '../../runtime/errors.ts';

/** How long certificates are good for. */
export interface TlsLifetimes {
  /** Of an authority. Pods hold authorities for as long as they live, so it is long. */
  readonly authorityMs: number;
  /** Of a server's certificate; it is renewed when two thirds have passed. */
  readonly leafMs: number;
  /**
   * How long a new authority is published before it signs, and an old one after it has signed last. Longer than anybody
   * takes to see a change, and than pods live that hold the authorities of their beginning.
   */
  readonly overlapMs: number;
}

const DAY_MS = 86_400_000;

export const DEFAULT_LIFETIMES: TlsLifetimes = {
  authorityMs: 3650 * DAY_MS,
  leafMs: 20 * DAY_MS,
  overlapMs: 20 * DAY_MS,
};

/**
 * An authority's last overlaps: one until its successor signs, one until its last certificate is forgotten, and one to
 * spare for when nobody is there to change anything.
 */
const LAST_OVERLAPS = 3;

/** How long before its end an authority gets a successor. */
export function successionMs({ overlapMs }: TlsLifetimes): number {
  return LAST_OVERLAPS * overlapMs;
}

/** Throws a FlowtapError CONFIG_INVALID where an authority would need a successor as soon as it is made. */
export function checkLifetimes(lifetimes: TlsLifetimes): void {
  const least = (LAST_OVERLAPS + 1) * lifetimes.overlapMs;
  if (lifetimes.authorityMs >= least) return;
  throw new FlowtapError(
    'CONFIG_INVALID',
    'config',
    `An authority must last at least ${LAST_OVERLAPS + 1} times as long as two of them overlap (${least} ms), not ${lifetimes.authorityMs} ms.`,
  );
}
