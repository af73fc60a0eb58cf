import type { AuthorityFacts, TlsFacts } from '../../../services/webhook/tls/tls-facts.ts';
import type { TlsLifetimes } from '../../../services/webhook/tls/tls-lifetimes.ts';
import type { TlsStep } from '../../../services/webhook/tls/tls-plan.ts';
import { planTls } from '../../../services/webhook/tls/tls-plan.ts';

interface Leaf {
  readonly issuerId: string;
  readonly notAfterMs: number;
  readonly bundle: readonly string[];
}

/** A copy of something in the cluster that is not always up to date. */
interface Lagging<Value> {
  value: Value;
  seenMs: number;
}

/**
 * A cluster in which certificates are nothing but names: two replicas of a server and two API servers, each of which
 * sees changes some time later, pods that keep the authorities of their beginning, and a leader that follows the plan.
 * Tests say what happens when.
 */
export class SimulatedCluster {
  readonly #lifetimes: TlsLifetimes;
  nowMs = 0;
  /** Undefined where the Secret is lost. */
  authorities: readonly AuthorityFacts[] | undefined;
  leaf: Leaf | undefined;
  caBundle: readonly string[] = [];
  readonly replicas: Lagging<Leaf | undefined>[] = [1, 2].map(() => ({ value: undefined, seenMs: 0 }));
  readonly apiServers: Lagging<readonly string[]>[] = [1, 2].map(() => ({ value: [], seenMs: 0 }));
  #pods: { readonly diesMs: number; readonly bundle: readonly string[] }[] = [];
  #publishedSinceMs = new Map<string, number>();
  #made = 0;

  constructor(lifetimes: TlsLifetimes) {
    this.#lifetimes = lifetimes;
  }

  /** Another process leads: what the former one remembered is gone. */
  changeLeader(): void {
    this.#publishedSinceMs = new Map();
  }

  /** The leader does the first steps of its plan. */
  lead(steps: number): void {
    const facts = this.#facts();
    for (const step of planTls(facts, this.nowMs, this.#lifetimes).slice(0, steps)) this.#apply(step, facts);
  }

  seeLeaf(replica: number): void {
    this.replicas[replica] = { value: this.leaf ?? this.replicas[replica].value, seenMs: this.nowMs };
  }

  seeBundle(apiServer: number): void {
    this.apiServers[apiServer] = { value: this.caBundle, seenMs: this.nowMs };
  }

  /** A pod that lives for so long is given the authorities that a replica knows of. */
  beginPod(lifeMs: number): void {
    const bundle = this.replicas[0].value?.bundle ?? [];
    this.#pods = this.#pods.filter(({ diesMs }) => diesMs > this.nowMs);
    this.#pods.push({ diesMs: this.nowMs + lifeMs, bundle });
  }

  /** What is wrong for a pod that calls a replica. */
  podFaults(): readonly string[] {
    return this.replicas.flatMap(({ value: leaf }) =>
      this.#pods
        .filter(
          ({ diesMs, bundle }) =>
            diesMs > this.nowMs && leaf !== undefined && !bundle.includes(leaf.issuerId),
        )
        .map(
          ({ bundle }) => `at ${this.nowMs} a server shows ${leaf?.issuerId}, and a pod trusts [${bundle}]`,
        ),
    );
  }

  /** What is wrong for an API server that has a caBundle and calls a replica that has a certificate. */
  faults(): readonly string[] {
    return this.replicas.flatMap(({ value: leaf }) =>
      this.apiServers.flatMap(({ value: bundle }) => {
        if (leaf === undefined || bundle.length === 0) return [];
        if (leaf.notAfterMs <= this.nowMs) return [`at ${this.nowMs} a served certificate has ended`];
        if (bundle.includes(leaf.issuerId)) return [];
        return [`at ${this.nowMs} a server shows ${leaf.issuerId}, and [${bundle}] are trusted`];
      }),
    );
  }

  #facts(): TlsFacts {
    const { leaf, caBundle, nowMs } = this;
    const adopted = [...new Set([...(leaf?.bundle ?? []), ...caBundle])].map((id) => ({
      ...{ id, hasKey: false, notAfterMs: this.#endOf(id) },
    }));
    const authorities = this.authorities ?? adopted;
    const ids = authorities.map(({ id }) => id);
    this.#publishedSinceMs = new Map(
      ids.filter((id) => caBundle.includes(id)).map((id) => [id, this.#publishedSinceMs.get(id) ?? nowMs]),
    );
    const isKnown = leaf !== undefined && ids.includes(leaf.issuerId);
    const certificate = leaf && { ...leaf, issuerId: isKnown ? leaf.issuerId : undefined, coversNames: true };
    return {
      authorities,
      leaves: [{ secretName: 'web', bundle: leaf?.bundle ?? [], certificate }],
      publishedSinceMs: this.#publishedSinceMs,
      isPublished: `${caBundle}` === `${ids}`,
    };
  }

  #apply(step: TlsStep, { authorities }: TlsFacts): void {
    const bundle = authorities.map(({ id }) => id);
    switch (step.kind) {
      case 'change-authorities': {
        const notAfterMs = this.nowMs + this.#lifetimes.authorityMs;
        const added = step.add ? [{ id: `${++this.#made}@${notAfterMs}`, notAfterMs, hasKey: true }] : [];
        this.authorities = [...added, ...step.keep];
        return;
      }
      case 'publish':
        this.caBundle = bundle;
        return;
      case 'refresh':
        this.leaf = { ...this.leaf!, bundle };
        return;
      case 'issue': {
        const notAfterMs = Math.min(this.nowMs + this.#lifetimes.leafMs, this.#endOf(step.signerId));
        this.leaf = { issuerId: step.signerId, notAfterMs, bundle };
      }
    }
  }

  #endOf(id: string): number {
    return Number(id.split('@')[1]);
  }
}
