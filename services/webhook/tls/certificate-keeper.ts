import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { MetricsOf } from '../../runtime/metrics.ts';
import { applyStep } from './apply-step.ts';
import type { ClusterState, TlsObjects } from './cluster-state.ts';
import { factsOf, readClusterState } from './cluster-state.ts';
import type { AuthorityChange } from './plan-authorities.ts';
import { Publications } from './publications.ts';
import { SecretStore } from './secret-store.ts';
import type { TlsLifetimes } from './tls-lifetimes.ts';
import type { TLS_METRICS } from './tls-metrics.ts';
import type { TlsStep } from './tls-plan.ts';
import { planTls } from './tls-plan.ts';

export interface CertificateKeeperOptions {
  readonly api: KubernetesApi;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: MetricsOf<typeof TLS_METRICS>;
  readonly namespace: string;
  readonly objects: TlsObjects;
  readonly lifetimes: TlsLifetimes;
  /** How often all is looked at where nothing wakes the keeper. */
  readonly resyncMs: number;
}

/** What came of looking at everything: nothing was to do, something was done, or could not be. */
type Outcome = 'settled' | 'changed' | 'failed';

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 30_000;

/**
 * Keeps authorities, certificates and caBundles as they should be, while it leads. It looks at all of them, does what is
 * next, and looks again, for ever; whatever others did to them is mended in the same way.
 */
export class CertificateKeeper {
  readonly #options: CertificateKeeperOptions;
  readonly #secrets: SecretStore;
  #waking = new AbortController();
  #problem: string | undefined;

  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
    this.#secrets = new SecretStore(options.api, options.namespace);
  }

  /** Something changed: look soon. */
  wake(): void {
    this.#waking.abort();
  }

  /** Until the signal is aborted. Throws nothing. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, metrics, resyncMs } = this.#options;
    const backoff = new Backoff(FIRST_RETRY_MS, MAX_RETRY_MS);
    const publications = new Publications();
    metrics.leader.set(1);
    while (!signal.aborted) {
      // Before looking, so that what happens meanwhile wakes it.
      this.#waking = new AbortController();
      const outcome = await this.#look(publications, signal);
      if (outcome === 'settled') {
        backoff.reset();
        const waitMs = resyncMs * (0.75 + Math.random() / 2);
        await clock.sleep(waitMs, AbortSignal.any([signal, this.#waking.signal]));
      } else {
        // Also after a change: somebody else may undo each of them.
        await clock.sleep(backoff.next(), signal);
      }
    }
    metrics.leader.set(0);
    metrics.authorityExpiry.set(0);
  }

  async #look(publications: Publications, signal: AbortSignal): Promise<Outcome> {
    const { api, clock, objects, lifetimes } = this.#options;
    try {
      const state = await readClusterState({ api, secrets: this.#secrets }, objects, signal);
      this.#observe(state);
      const nowMs = clock.now();
      const ids = state.authorities.map(({ facts }) => facts.id);
      const facts = factsOf(state, publications.observe(state.view, ids, nowMs));
      const steps = planTls(facts, nowMs, lifetimes);
      const done: boolean[] = [];
      for (const step of steps) done.push(await this.#apply(step, state, nowMs, signal));
      if (done.length === 0) return 'settled';
      return done.includes(false) ? 'failed' : 'changed';
    } catch (error) {
      this.#failed(error, 'certificates could not be looked at, will be tried again', signal);
      return 'failed';
    }
  }

  async #apply(step: TlsStep, state: ClusterState, nowMs: number, signal: AbortSignal): Promise<boolean> {
    const { api, objects, lifetimes, metrics, log } = this.#options;
    const { authoritySecretName } = objects;
    const context = { api, secrets: this.#secrets, authoritySecretName, lifetimes, nowMs };
    try {
      if (await applyStep(step, state, context, signal)) {
        this.#count(step, state);
        return true;
      }
      metrics.failures.add(1, { cause: 'conflict' });
      log.debug({ step: step.kind }, 'somebody else wrote, will be looked at again');
    } catch (error) {
      this.#failed(error, 'certificates could not be changed, will be tried again', signal);
    }
    return false;
  }

  #observe({ view, authorities }: ClusterState): void {
    const { metrics, log } = this.#options;
    const newest = authorities.find(({ facts }) => facts.hasKey);
    metrics.authorityExpiry.set((newest?.facts.notAfterMs ?? 0) / 1000);
    if (view.problem !== undefined) metrics.failures.add(1, { cause: 'configuration' });
    if (view.problem !== undefined && view.problem !== this.#problem)
      log.warn(
        { problem: view.problem },
        'there is no place for the caBundle; the API server will not trust the webhook',
      );
    this.#problem = view.problem;
  }

  #count(step: TlsStep, state: ClusterState): void {
    const { metrics, log } = this.#options;
    switch (step.kind) {
      case 'change-authorities':
        for (const kind of changesOf(step, state)) {
          metrics.authorityChanges.add(1, { kind });
          log.info({ change: kind }, 'authorities changed');
        }
        return;
      case 'publish':
        metrics.caBundlePatches.add(1);
        log.info({ authorities: state.authorities.length }, 'caBundle written');
        return;
      case 'issue':
        metrics.issued.add(1, { reason: step.reason });
        log.info({ secretName: step.secretName, reason: step.reason }, 'certificate issued');
        return;
      case 'refresh':
        log.info({ secretName: step.secretName }, 'authorities beside a certificate renewed');
    }
  }

  #failed(error: unknown, message: string, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#options.metrics.failures.add(1, { cause: causeOf(error) });
    this.#options.log.warn({ error }, message);
  }
}

function changesOf({ add, keep }: AuthorityChange, { authorities }: ClusterState): readonly string[] {
  const changes = authorities.flatMap(({ facts }) => {
    const kept = keep.find(({ id }) => id === facts.id);
    if (kept === undefined) return ['dropped'];
    const isTrusted = kept.trustedSinceMs !== facts.trustedSinceMs;
    const isOther = kept.unusedSinceMs !== facts.unusedSinceMs;
    const use = kept.unusedSinceMs === undefined ? 'used' : 'unused';
    return [...(isTrusted ? ['trusted'] : []), ...(isOther ? [use] : [])];
  });
  return add ? ['created', ...changes] : changes;
}

function causeOf(error: unknown): string {
  if (!(error instanceof FlowtapError)) return 'other';
  switch (error.code) {
    case 'KUBERNETES_REFUSED':
      return 'refused';
    case 'KUBERNETES_UNREACHABLE':
      return 'unreachable';
    case 'OBJECT_NOT_OWNED':
      return 'not_owned';
    default:
      return 'other';
  }
}
