import type { Clock } from '../../runtime/clock.ts';
import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { KubernetesObject } from '../../runtime/kubernetes/kubernetes-object.ts';
import { LeaseElection } from '../../runtime/kubernetes/lease-election.ts';
import type { ObjectSource } from '../../runtime/kubernetes/object-source.ts';
import type { ResourceKind } from '../../runtime/kubernetes/resource-kind.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { MetricsOf } from '../../runtime/metrics.ts';
import { CertificateKeeper } from './certificate-keeper.ts';
import type { TlsObjects } from './cluster-state.ts';
import { readLeaf } from './leaf-secret.ts';
import { secretsOf } from './secret-store.ts';
import { ServedCertificate } from './served-certificate.ts';
import type { TlsLifetimes } from './tls-lifetimes.ts';
import { checkLifetimes } from './tls-lifetimes.ts';
import type { TLS_METRICS } from './tls-metrics.ts';
import type { WebhookCertificates } from './webhook-certificates.ts';
import { MUTATING_WEBHOOK_CONFIGURATIONS, viewConfiguration } from './webhook-configuration.ts';
import type { KeyPair } from './x509-writer.ts';

export interface WebhookTlsOptions extends TlsObjects {
  readonly api: KubernetesApi;
  /** Gives whole Secrets and MutatingWebhookConfigurations. */
  readonly source: ObjectSource;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: MetricsOf<typeof TLS_METRICS>;
  /** Of the Secrets and the Lease: the one that this runs in. */
  readonly namespace: string;
  /** Which of the leaves this server shows. */
  readonly servedSecretName: string;
  readonly leaseName: string;
  readonly leaseMs?: number;
  /** Who competes for the Lease, unlike any other. */
  readonly identity: string;
  readonly lifetimes: TlsLifetimes;
  readonly resyncMs?: number;
}

const RESYNC_MS = 60_000;

/**
 * Certificates of flowtap's own authority. One replica makes them and publishes the authority; all replicas take theirs
 * from its Secret.
 */
export class WebhookTls implements WebhookCertificates {
  readonly #options: WebhookTlsOptions;
  readonly #keeper: CertificateKeeper;
  readonly #served = new ServedCertificate();
  readonly #listeners: (() => void)[] = [];
  #wasTrusted = false;

  /** Throws a FlowtapError CONFIG_INVALID for lifetimes that do not fit together. */
  constructor(options: WebhookTlsOptions) {
    checkLifetimes(options.lifetimes);
    this.#options = options;
    this.#keeper = new CertificateKeeper({
      ...options,
      objects: options,
      resyncMs: options.resyncMs ?? RESYNC_MS,
    });
  }

  get current(): KeyPair | undefined {
    return this.#served.pair;
  }

  get bundlePem(): string | undefined {
    return this.#served.bundlePem;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Once the API server was able to call, it is not said again that it is not: if the caBundle is taken away, all
   * replicas would go at once, and come back later than it does.
   */
  readiness(): string | undefined {
    const { namespace, servedSecretName, configurationName, clock } = this.#options;
    const { certificate, view, isTrusted } = this.#served;
    if (certificate === undefined) return `no certificate in the Secret ${namespace}/${servedSecretName} yet`;
    if (certificate.validToDate.getTime() <= clock.now())
      return `the certificate ended at ${certificate.validToDate.toISOString()}`;
    if (this.#wasTrusted) return undefined;
    if (view === undefined) return `the MutatingWebhookConfiguration ${configurationName} was not read yet`;
    if (view.problem !== undefined) return view.problem;
    if (!isTrusted)
      return `the caBundle of ${configurationName} does not hold the certificate's authority yet`;
    this.#wasTrusted = true;
    return undefined;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { leaseName, namespace, servedSecretName, configurationName } = this.#options;
    const election = new LeaseElection({ ...this.#options, namespace, name: leaseName });
    const ended = new AbortController();
    const both = AbortSignal.any([signal, ended.signal]);
    const parts = [
      election.run((leading) => this.#keeper.run(leading), both),
      this.#follow(secretsOf(namespace), servedSecretName, this.#seeSecret, both),
      this.#follow(MUTATING_WEBHOOK_CONFIGURATIONS, configurationName, this.#seeConfiguration, both),
    ];
    // The first that ends, ends all.
    for (const part of parts) void part.catch(() => undefined).then(() => ended.abort());
    const failed = (await Promise.allSettled(parts)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  async #follow(
    resource: ResourceKind,
    name: string,
    see: (object: KubernetesObject | undefined) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const one = { ...resource, fieldSelector: `metadata.name=${name}` };
    for await (const event of this.#options.source.watch(one, signal)) {
      if (signal.aborted) return;
      if (event.type === 'bookmark') continue;
      if (event.type === 'replace') see(event.objects.find(({ metadata }) => metadata.name === name));
      else if (event.object.metadata.name === name) see(event.type === 'delete' ? undefined : event.object);
      this.#keeper.wake();
    }
  }

  readonly #seeSecret = (secret: KubernetesObject | undefined): void => {
    this.#update(() => this.#served.seeLeaf(readLeaf(secret), this.#options.clock.now()));
  };

  readonly #seeConfiguration = (configuration: KubernetesObject | undefined): void => {
    const view = viewConfiguration(configuration, this.#options);
    this.#update(() => this.#served.seeConfiguration(view, this.#options.clock.now()));
  };

  #update(change: () => void): void {
    const { metrics, log } = this.#options;
    const { pair, bundlePem } = this.#served;
    change();
    const { certificate } = this.#served;
    if (pair === this.#served.pair && bundlePem === this.#served.bundlePem) return;
    if (pair !== this.#served.pair && certificate !== undefined) {
      metrics.reloads.add(1);
      metrics.certificateExpiry.set(certificate.validToDate.getTime() / 1000);
      log.info(
        { serial: certificate.serialNumber, ends: certificate.validToDate.toISOString() },
        'certificate loaded',
      );
    }
    for (const listener of this.#listeners) listener();
  }
}
