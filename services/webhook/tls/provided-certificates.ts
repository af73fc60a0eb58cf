import { readFileSync } from 'node:fs';
import type { Clock } from '../../runtime/clock.ts';
import { watchFiles } from '../../runtime/file-watch.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { MetricsOf } from '../../runtime/metrics.ts';
import { readServerTls } from '../../runtime/server-tls.ts';
import { readCertificates } from './certificates.ts';
import type { TLS_METRICS } from './tls-metrics.ts';
import type { WebhookCertificates } from './webhook-certificates.ts';
import type { KeyPair } from './x509-writer.ts';

export interface ProvidedCertificatesOptions {
  readonly certFile: string;
  readonly keyFile: string;
  /** The authorities that clients are to trust. */
  readonly caFile?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: MetricsOf<typeof TLS_METRICS>;
  readonly intervalMs?: number;
}

/** Certificates in files that cert-manager, or whoever else, writes; who does so also sees to the caBundle. */
export class ProvidedCertificates implements WebhookCertificates {
  readonly #options: ProvidedCertificatesOptions;
  readonly #listeners: (() => void)[] = [];
  #current: KeyPair | undefined;
  #bundlePem: string | undefined;
  #problem = 'the certificate was not read yet';

  constructor(options: ProvidedCertificatesOptions) {
    this.#options = options;
  }

  get current(): KeyPair | undefined {
    return this.#current;
  }

  get bundlePem(): string | undefined {
    return this.#bundlePem;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  readiness(): string | undefined {
    return this.#current === undefined ? this.#problem : undefined;
  }

  run(signal: AbortSignal): Promise<void> {
    const { certFile, keyFile, caFile, clock, intervalMs } = this.#options;
    const watching = watchFiles({
      paths: [certFile, keyFile, ...(caFile === undefined ? [] : [caFile])],
      ...{ clock, signal },
      ...(intervalMs !== undefined && { intervalMs }),
      onChange: () => this.#load(),
      onError: (error) => this.#failed(error),
    });
    // Only now, so that no change falls between the two.
    try {
      this.#load();
    } catch (error) {
      this.#failed(error);
    }
    return watching;
  }

  #load(): void {
    const { certFile, log } = this.#options;
    this.#read();
    log.info({ 'file.path': certFile }, 'certificate loaded');
    for (const listener of this.#listeners) listener();
  }

  #read(): void {
    const { certFile, keyFile, caFile, metrics } = this.#options;
    const { cert, key } = readServerTls({ certFile, keyFile });
    const bundlePem = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
    this.#current = { certPem: String(cert), keyPem: String(key) };
    this.#bundlePem = bundlePem;
    const [certificate] = readCertificates(this.#current.certPem);
    metrics.certificateExpiry.set((certificate?.validToDate.getTime() ?? 0) / 1000);
    metrics.reloads.add(1);
  }

  #failed(error: unknown): void {
    const { log, metrics } = this.#options;
    this.#problem = (error as Error).message;
    metrics.failures.add(1, { cause: 'files' });
    log.warn({ error }, 'certificate not loaded, will be tried again; a former one stays in use');
  }
}
