import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Clock } from '../../runtime/clock.ts';
import { closeGracefully, listen } from '../../runtime/http-listener.ts';
import type { ListenAddress } from '../../runtime/listen-address.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { TlsFiles } from '../../runtime/server-tls.ts';
import { readServerTls, reloadServerTls } from '../../runtime/server-tls.ts';
import { createFlowApp } from './flow-app.ts';
import type { FlowReceiver } from './flow-receiver.ts';

export interface FlowServerOptions {
  readonly receiver: FlowReceiver;
  readonly address: ListenAddress;
  /** Absent: plain HTTP. */
  readonly tls?: TlsFiles | undefined;
  /** A request has to be complete after so long. */
  readonly requestTimeoutMs: number;
  /** Connections at once. */
  readonly maxConnections: number;
  /** Requests that have begun may take so long when the server closes. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface FlowServer {
  /** With the port it got. */
  readonly address: ListenAddress;
  /** Answers what has begun, takes nothing new. May be called twice. */
  close(): Promise<void>;
}

/** Longer than the window of a probe, and than what proxies keep: the one who sends is to close, not we. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_TIMEOUT_MS = 10_000;
const CHECK_MS = 1000;
const ANSWER_MS = 1000;
const MAX_HEADER_BYTES = 32 * 1024;

/** The server that probes and others send flows to. Throws LISTEN_FAILED or TLS_FILES_INVALID. */
export async function startFlowServer(options: FlowServerOptions): Promise<FlowServer> {
  const { receiver, tls, requestTimeoutMs, clock, log, graceMs } = options;
  const closing = new AbortController();
  const givingUp = new AbortController();
  const app = createFlowApp({ receiver, log, closing: closing.signal, givingUp: givingUp.signal });
  const timeouts = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: CHECK_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const server: Server =
    tls === undefined
      ? createServer(timeouts, app)
      : createSecureServer({ ...timeouts, ...readServerTls(tls), handshakeTimeout: HEADERS_TIMEOUT_MS }, app);
  server.maxConnections = options.maxConnections;
  // Who asks before sending hears a refusal before sending.
  server.on('checkContinue', app);
  const address = await listen(server, options.address);
  const reloading =
    tls === undefined
      ? undefined
      : reloadServerTls(server as Server & { setSecureContext(): void }, {
          files: tls,
          clock,
          log,
          signal: closing.signal,
        });
  return {
    address,
    async close() {
      closing.abort();
      // Waiting for the index ends before connections are cut, so that everybody gets an answer.
      const answerBy = setTimeout(() => givingUp.abort(), Math.max(graceMs / 2, graceMs - ANSWER_MS));
      await closeGracefully(server, graceMs);
      clearTimeout(answerBy);
      givingUp.abort();
      await reloading;
    },
  };
}
