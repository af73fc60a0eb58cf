/** All that the plan goes by. */
export interface TlsFacts {
  /** Those whose certificates are to be trusted, newest first. */
  readonly authorities: readonly AuthorityFacts[];
  readonly leaves: readonly LeafFacts[];
  /** The authorities that are in every caBundle of ours now, with since when they have been there without a gap. */
  readonly publishedSinceMs: ReadonlyMap<string, number>;
  /** Every caBundle of ours, if there are any, holds just these authorities. */
  readonly isPublished: boolean;
}

export interface AuthorityFacts {
  readonly id: string;
  readonly notAfterMs: number;
  /** It can sign. */
  readonly hasKey: boolean;
  /** When it was first seen wherever authorities are published. */
  readonly trustedSinceMs?: number | undefined;
  /** Since when no server has a certificate of it. Of the newest it is never told. */
  readonly unusedSinceMs?: number | undefined;
}

/** A server's Secret. */
export interface LeafFacts {
  readonly secretName: string;
  /** Undefined where there is none that makes sense. */
  readonly certificate?: LeafCertificateFacts | undefined;
  /** The authorities in its ca.crt. */
  readonly bundle: readonly string[];
}

export interface LeafCertificateFacts {
  /** Undefined where no authority of ours has signed it. */
  readonly issuerId: string | undefined;
  readonly notAfterMs: number;
  /** It is for all names that it should be for. */
  readonly coversNames: boolean;
}
