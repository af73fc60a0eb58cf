import type { X509Certificate } from 'node:crypto';
import { findIssuer, readCertificates } from './certificates.ts';
import type { LeafSecret } from './leaf-secret.ts';
import type { ConfigurationView } from './webhook-configuration.ts';
import type { KeyPair } from './x509-writer.ts';

/** A certificate in use. */
interface Served {
  readonly pair: KeyPair;
  readonly certificate: X509Certificate;
}

/**
 * Which certificate a replica shows, by what it has seen of the Secret and the configuration. One that the API server is
 * not known to trust waits, as long as there is one that works.
 */
export class ServedCertificate {
  #served: Served | undefined;
  #leaf: LeafSecret | undefined;
  #view: ConfigurationView | undefined;

  get pair(): KeyPair | undefined {
    return this.#served?.pair;
  }

  get certificate(): X509Certificate | undefined {
    return this.#served?.certificate;
  }

  get view(): ConfigurationView | undefined {
    return this.#view;
  }

  /** The authorities beside the newest certificate, also where that still waits. */
  get bundlePem(): string | undefined {
    return this.#leaf?.bundlePem || undefined;
  }

  /** What the Secret holds now. A Secret without a certificate changes nothing. */
  seeLeaf(leaf: LeafSecret, nowMs: number): void {
    if (leaf.certificate !== undefined) this.#leaf = leaf;
    this.#choose(nowMs);
  }

  seeConfiguration(view: ConfigurationView, nowMs: number): void {
    this.#view = view;
    this.#choose(nowMs);
  }

  /** Whether every caBundle of ours holds the authority of the certificate that is served. */
  get isTrusted(): boolean {
    return this.#served !== undefined && this.#trusts(this.#served.certificate);
  }

  #choose(nowMs: number): void {
    const { certificate, pair } = this.#leaf ?? {};
    if (certificate === undefined || pair === undefined) return;
    const works = this.#served !== undefined && this.#served.certificate.validToDate.getTime() > nowMs;
    if (works && this.#trusts(this.#served!.certificate) && !this.#trusts(certificate)) return;
    if (this.#served?.certificate.fingerprint256 === certificate.fingerprint256) return;
    this.#served = { pair, certificate };
  }

  #trusts(certificate: X509Certificate): boolean {
    const entries = this.#view?.entries ?? [];
    const isIssued = (bundlePem: string): boolean =>
      findIssuer(certificate, readCertificates(bundlePem)) !== undefined;
    return entries.length > 0 && entries.every(({ bundlePem }) => isIssued(bundlePem));
  }
}
