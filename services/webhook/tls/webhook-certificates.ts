import type { SecureContextOptions } from 'node:tls';
import type { SecureServer } from '../../runtime/server-tls.ts';
import type { KeyPair } from './x509-writer.ts';

/** Where the webhook's certificate comes from: flowtap itself (webhook-tls.ts), or files of others (provided-certificates.ts). */
export interface WebhookCertificates {
  /** What the server shows now; undefined while there is nothing. */
  readonly current: KeyPair | undefined;
  /** The authorities by which clients of flowtap's own services verify them, in PEM. */
  readonly bundlePem: string | undefined;
  /** Calls the listener after either has changed. */
  onChange(listener: () => void): void;
  /** Why the API server could not call the webhook, for people; undefined when it can. */
  readiness(): string | undefined;
  /** Keeps them up to date until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

/** What the API server speaks, which is all that calls a webhook. */
const MIN_VERSION = 'TLSv1.3';

/** What `https.createServer` takes; without a certificate the server refuses every handshake. */
export function secureContextOf({ current }: WebhookCertificates): SecureContextOptions {
  const options = { minVersion: MIN_VERSION } as const;
  return current === undefined ? options : { ...options, cert: current.certPem, key: current.keyPem };
}

/** Has the server show what is current, from now on; connections that are open keep theirs. */
export function serveCertificates(server: SecureServer, certificates: WebhookCertificates): void {
  server.setSecureContext(secureContextOf(certificates));
  certificates.onChange(() => server.setSecureContext(secureContextOf(certificates)));
}
