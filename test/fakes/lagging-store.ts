import type { AddressIdentity } from '../../services/core/kubernetes-identity.ts';
import type {
  IdentityInterval,
  NameQuery,
  NameSource,
} from '../../services/enrichment/identify/name-source.ts';

/** Somebody's time with an address. */
export interface Tenancy {
  readonly ip: string;
  readonly identity: AddressIdentity;
  readonly fromMs: number;
  readonly toMs: number;
  /** How long after each of both the state store hears of it. */
  readonly heardOfStartMs: number;
  readonly heardOfEndMs: number;
}

/** A state store that knows at a time what it has heard of until then, of times as they were. */
export class LaggingStore implements NameSource {
  readonly #tenancies: readonly Tenancy[];
  readonly #now: () => number;

  constructor(tenancies: readonly Tenancy[], now: () => number) {
    this.#tenancies = tenancies;
    this.#now = now;
  }

  identify(queries: readonly NameQuery[]): Promise<readonly (IdentityInterval | undefined)[]> {
    return Promise.resolve(queries.map((query) => this.#find(query)));
  }

  #find({ ip, atMs }: NameQuery): IdentityInterval | undefined {
    const nowMs = this.#now();
    const claims = this.#tenancies.flatMap((one) => {
      if (one.ip !== ip || one.fromMs + one.heardOfStartMs > nowMs) return [];
      const toMs = one.toMs + one.heardOfEndMs <= nowMs ? one.toMs : undefined;
      return [{ identity: one.identity, validFromMs: one.fromMs, validToMs: toMs }];
    });
    // One that begins ends the one before, whose end was not heard of yet.
    const cut = claims.map((claim) => {
      const next = Math.min(
        ...claims.map(({ validFromMs }) => validFromMs).filter((at) => at > claim.validFromMs),
      );
      const end = Math.min(claim.validToMs ?? Number.POSITIVE_INFINITY, next);
      return { ...claim, validToMs: Number.isFinite(end) ? end : undefined };
    });
    return cut.find(
      ({ validFromMs, validToMs }) => validFromMs <= atMs && atMs < (validToMs ?? Number.POSITIVE_INFINITY),
    );
  }
}
