import type { KubernetesObject } from '../runtime/kubernetes/kubernetes-object.ts';
import type { Sighting, StoredObject } from './stored-object.ts';
import { isoTime } from './stored-object.ts';

// Who had an address when is only known within bounds: docs/adr/0019 has the reasons.

/** The API tells times in whole seconds, cut off. */
export const SECOND_MS = 1000;

/** How long an event may be on its way from the API server at least, which counts where its object has no time of its own. */
const EVENT_DELAY_MS = 1000;

/** How long the address of something that is gone may still be in use, where nothing says when that ended. */
export const DOUBT_MS = 60_000;

/** When an owner had its addresses; undefined is open. */
export interface ClaimTimes {
  readonly validFromMs: number;
  readonly validToMs: number | undefined;
  readonly namedFromMs: number;
  readonly claimFromMs: number;
  readonly claimToMs: number | undefined;
  readonly lostAtMs: number;
}

type ClaimFields = Pick<
  StoredObject,
  'validFrom' | 'validTo' | 'namedFrom' | 'claimFrom' | 'claimTo' | 'seenFrom' | 'lostAt' | 'lostTo'
>;

/** The times as fields of a stored object, with room for clocks that differ by `skewMs`. */
export function claimFields(times: ClaimTimes, sighting: Sighting, skewMs: number): ClaimFields {
  const { validFromMs, validToMs, namedFromMs, claimFromMs, claimToMs, lostAtMs } = times;
  return {
    validFrom: isoTime(validFromMs + skewMs),
    validTo: validToMs === undefined ? null : isoTime(validToMs - skewMs),
    namedFrom: isoTime(Math.min(namedFromMs, validFromMs) + skewMs),
    claimFrom: isoTime(claimFromMs - skewMs),
    claimTo: claimToMs === undefined ? null : isoTime(claimToMs + skewMs),
    seenFrom: isoTime(sighting.atMs + skewMs),
    lostAt: isoTime(lostAtMs - skewMs),
    lostTo: isoTime(sighting.atMs + DOUBT_MS),
  };
}

/** Times of something that has its addresses from its creation until it is deleted: a node, a service. */
export function lifeTimes(object: KubernetesObject, sighting: Sighting): ClaimTimes {
  const { atMs, isLive, isGone } = sighting;
  const { creationTimestamp, deletionTimestamp } = object.metadata;
  const createdMs = timeOf(creationTimestamp) ?? atMs;
  const validFromMs = Math.min(createdMs + SECOND_MS, isLive ? atMs : Number.POSITIVE_INFINITY);
  const lastKnownMs = happenedSince(sighting);
  return {
    validFromMs,
    validToMs: isGone ? Math.min(lastKnownMs, timeOf(deletionTimestamp) ?? lastKnownMs) : undefined,
    namedFromMs: isLive ? createdMs : validFromMs,
    claimFromMs: createdMs,
    claimToMs: isGone ? atMs + DOUBT_MS : undefined,
    lostAtMs: lastKnownMs,
  };
}

/** The earliest time at which what an event tells may have happened. */
export function happenedSince({ atMs, delayMs = 0 }: Sighting): number {
  return atMs - Math.max(EVENT_DELAY_MS, delayMs);
}

/** Milliseconds since 1970 of a time in the API's form. */
export function timeOf(text: unknown): number | undefined {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
