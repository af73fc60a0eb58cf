/** An object as the state store takes it: a row of `write_objects` in sql/. Times are ISO 8601, null is open. */
export interface StoredObject {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** What names need of it. */
  readonly data: Readonly<Record<string, unknown>>;
  /** When it was created, and when it was seen to be gone. */
  readonly since: string;
  readonly until: string | null;
  /** The addresses that it has; null for a kind that has none, so that nothing is claimed or lost. */
  readonly addresses: readonly string[] | null;
  readonly validFrom?: string;
  readonly validTo?: string | null;
  readonly namedFrom?: string;
  readonly claimFrom?: string;
  readonly claimTo?: string | null;
  /** For an address that it was given later than its others. */
  readonly seenFrom?: string;
  /** For an address that it no longer has: until then it surely did, and until then it may have. */
  readonly lostAt?: string;
  readonly lostTo?: string;
  /** Pods behind the service of an EndpointSlice. */
  readonly members?: readonly ServiceMember[];
}

export interface ServiceMember {
  readonly podUid: string;
  readonly namespace: string;
  readonly service: string;
  readonly ports: readonly { readonly name: string; readonly protocol: number; readonly port: number }[];
}

/** How an object was learnt of. */
export interface Sighting {
  /** When the event came. */
  readonly atMs: number;
  /** It was watched as it happened; false for one in a whole list, of which nothing says when it changed. */
  readonly isLive: boolean;
  /** It is gone; the object is its last state. */
  readonly isGone: boolean;
  /** How long it may have been on its way; EVENT_DELAY_MS at least. */
  readonly delayMs?: number;
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
