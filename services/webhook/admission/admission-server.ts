import { createServer } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import type { Express } from 'express';
import { closeGracefully, listen } from '../../runtime/http-listener.ts';
import type { ListenAddress } from '../../runtime/listen-address.ts';

export interface AdmissionServerOptions {
  readonly app: Express;
  readonly address: ListenAddress;
  readonly certificate: SecureContextOptions;
  /** Requests that have begun may take so long when the server closes. */
  readonly graceMs: number;
}

export interface AdmissionServer {
  /** With the port it got. */
  readonly address: ListenAddress;
  /** Uses another certificate for new connections. */
  setCertificate(certificate: SecureContextOptions): void;
  /** Answers what has begun, takes nothing new. May be called twice. */
  close(): Promise<void>;
}

/** Longer than the API server keeps an idle connection, so that it never sends into one that is being closed. */
const KEEP_ALIVE_MS = 120_000;
const REQUEST_TIMEOUT_MS = 30_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** The server that the API server calls, with TLS 1.3 only. Throws a FlowtapError LISTEN_FAILED. */
export async function startAdmissionServer(options: AdmissionServerOptions): Promise<AdmissionServer> {
  const secure = (certificate: SecureContextOptions): SecureContextOptions => ({
    ...certificate,
    minVersion: 'TLSv1.3',
  });
  const server = createServer(
    {
      ...secure(options.certificate),
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    },
    options.app,
  );
  const address = await listen(server, options.address);
  return {
    address,
    setCertificate: (certificate) => server.setSecureContext(secure(certificate)),
    close: () => closeGracefully(server, options.graceMs),
  };
}
