import { createServer } from 'node:https';
import type { Express } from 'express';
import { closeGracefully, listen } from '../../runtime/http-listener.ts';
import type { ListenAddress } from '../../runtime/listen-address.ts';
import type { WebhookCertificates } from '../tls/webhook-certificates.ts';
import { secureContextOf, serveCertificates } from '../tls/webhook-certificates.ts';

export interface AdmissionServerOptions {
  readonly app: Express;
  readonly address: ListenAddress;
  /** What the server shows, from the first handshake after a change on. */
  readonly certificates: WebhookCertificates;
  /** Requests that have begun may take so long when the server closes. */
  readonly graceMs: number;
}

export interface AdmissionServer {
  /** With the port it got. */
  readonly address: ListenAddress;
  /** Answers what has begun, takes nothing new. May be called twice. */
  close(): Promise<void>;
}

/** Longer than the API server keeps an idle connection, so that it never sends into one that is being closed. */
const KEEP_ALIVE_MS = 120_000;
const REQUEST_TIMEOUT_MS = 30_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** The server that the API server calls, with TLS 1.3 only. Throws a FlowtapError LISTEN_FAILED. */
export async function startAdmissionServer(options: AdmissionServerOptions): Promise<AdmissionServer> {
  const { app, certificates, graceMs } = options;
  const server = createServer(
    {
      ...secureContextOf(certificates),
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    },
    app,
  );
  serveCertificates(server, certificates);
  const address = await listen(server, options.address);
  return { address, close: () => closeGracefully(server, graceMs) };
}
