import type { AddressIdentity } from '../../core/kubernetes-identity.ts';

/** Who had an address at a time. The call may throw or hang: callers guard. */
export interface NameSource {
  /** In the order of the queries. */
  identify(queries: readonly NameQuery[]): Promise<readonly NameAnswer[]>;
}

/** Undefined where nobody is known; `contested` where it may have been one of several. */
export type NameAnswer = IdentityInterval | PossibleOwner | 'contested' | undefined;

/** It is not sure that this one had the address; that nobody else had it, is. */
export interface PossibleOwner {
  readonly possible: AddressIdentity;
}

export interface NameQuery {
  /** Canonical text of an address. */
  readonly ip: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** An identity, and the half-open interval in which the address was its. */
export interface IdentityInterval {
  readonly identity: AddressIdentity;
  readonly validFromMs: number;
  /** Undefined: still. */
  readonly validToMs: number | undefined;
}
