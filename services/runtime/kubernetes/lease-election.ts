import { Backoff } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { ApiAnswer, KubernetesApi } from './api-client.ts';

export interface LeaseElectionOptions {
  readonly api: KubernetesApi;
  readonly clock: Clock;
  readonly log: Logger;
  readonly namespace: string;
  /** Name of the Lease: all who compete use the same. */
  readonly name: string;
  /** Who competes, unlike any other: the pod's name and something random. */
  readonly identity: string;
  /** How long a leader that is not heard of keeps its place. */
  readonly leaseMs?: number;
}

/** coordination.k8s.io/v1, as far as it is used. */
interface Lease {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion?: string };
  readonly spec?: LeaseSpec;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

const LEASE_MS = 15_000;
const CONFLICT = 409;
const NOT_FOUND = 404;

/**
 * One leader among those who compete for a Lease. As in client-go, others' clocks are not trusted: a leader is gone when
 * its Lease has not changed for as long as it lasts, by the own clock. Whoever leads must also be kept from writing after
 * it has lost its place by what it writes to, since no clock can do that.
 */
export class LeaseElection {
  readonly #options: LeaseElectionOptions;
  readonly #leaseMs: number;
  /** The Lease as last seen, and when it was first seen like that. */
  #seen: { readonly version: string; readonly atMs: number } | undefined;

  constructor(options: LeaseElectionOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
  }

  /** Calls `lead` whenever this one leads; its signal is aborted when that ends. Until the signal is aborted. */
  async run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, log, identity } = this.#options;
    while (!signal.aborted) {
      if (!(await this.#acquire(signal))) return;
      log.info({ identity }, 'leading');
      const leading = new AbortController();
      const both = AbortSignal.any([signal, leading.signal]);
      const work = lead(both).finally(() => leading.abort());
      await Promise.allSettled([work, this.#renew(both).finally(() => leading.abort())]);
      await this.#release();
      log.info({ identity }, 'no longer leading');
      await work;
      // Others first.
      await clock.sleep(this.#retryMs(), signal);
    }
  }

  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { clock, log } = this.#options;
    const backoff = new Backoff(this.#retryMs(), this.#leaseMs / 2);
    while (!signal.aborted) {
      try {
        if (await this.#tryHold(signal)) return true;
        backoff.reset();
      } catch (error) {
        if (signal.aborted) return false;
        log.warn({ error }, 'the lease could not be read or written, will be tried again');
      }
      await clock.sleep(backoff.next(), signal);
    }
    return false;
  }

  /** Until the place is lost: another holds it, or two thirds of the lease have passed without a renewal. */
  async #renew(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let renewedMs = clock.now();
    while (!signal.aborted) {
      await clock.sleep(this.#retryMs() * (0.75 + Math.random() / 2), signal);
      if (signal.aborted) return;
      try {
        if (!(await this.#tryHold(signal))) return;
        renewedMs = clock.now();
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ error }, 'the lease could not be renewed');
      }
      if (clock.now() - renewedMs >= (this.#leaseMs * 2) / 3) return;
    }
  }

  /** True when this one holds the Lease now. */
  async #tryHold(signal: AbortSignal): Promise<boolean> {
    const { clock, identity } = this.#options;
    const found = await this.#request('GET', undefined, signal);
    if (found.status === NOT_FOUND) return await this.#create(signal);
    const lease = expectLease(found);
    const {
      holderIdentity = '',
      leaseDurationSeconds = 0,
      leaseTransitions = 0,
      acquireTime,
    } = lease.spec ?? {};
    const isMine = holderIdentity === identity;
    const version = lease.metadata.resourceVersion ?? '';
    if (this.#seen?.version !== version) this.#seen = { version, atMs: clock.now() };
    const isOver = clock.now() - this.#seen.atMs >= leaseDurationSeconds * 1000;
    if (!isMine && holderIdentity !== '' && !isOver) return false;
    const now = microTime(clock.now());
    const spec: LeaseSpec = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#leaseMs / 1000),
      acquireTime: isMine ? (acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: leaseTransitions + (isMine ? 0 : 1),
    };
    // The version in it makes the write fail when somebody else has written meanwhile.
    const answer = await this.#request('PUT', { ...lease, spec }, signal);
    if (answer.status === CONFLICT) return false;
    expectLease(answer);
    return true;
  }

  async #create(signal: AbortSignal): Promise<boolean> {
    const { clock, name, namespace, identity } = this.#options;
    const now = microTime(clock.now());
    const lease: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(this.#leaseMs / 1000),
        acquireTime: now,
        renewTime: now,
        leaseTransitions: 0,
      },
    };
    const answer = await this.#request('POST', lease, signal);
    if (answer.status === CONFLICT) return false;
    expectLease(answer);
    return true;
  }

  /** Lets others in at once. */
  async #release(): Promise<void> {
    const { log, identity } = this.#options;
    const signal = AbortSignal.timeout(this.#retryMs());
    try {
      const lease = expectLease(await this.#request('GET', undefined, signal));
      if (lease.spec?.holderIdentity !== identity) return;
      const spec: LeaseSpec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1 };
      await this.#request('PUT', { ...lease, spec }, signal);
    } catch (error) {
      log.debug({ error }, 'the lease could not be given back, and will run out');
    }
  }

  #request(method: 'GET' | 'PUT' | 'POST', body: Lease | undefined, signal: AbortSignal): Promise<ApiAnswer> {
    const { api, namespace, name } = this.#options;
    const folder = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    const path = method === 'POST' ? folder : `${folder}/${name}`;
    return api.request({ method, path, body, signal, timeoutMs: this.#retryMs() * 2 });
  }

  #retryMs(): number {
    return Math.round(this.#leaseMs / 7);
  }
}

function expectLease({ status, body }: ApiAnswer): Lease {
  if (status === 200 || status === 201) return body as Lease;
  throw new Error(`The API server answered ${status}: ${body?.message ?? ''}`);
}

/** Kubernetes' MicroTime has six digits after the second. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
