import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { closeGracefully, listen } from '../runtime/http-listener.ts';
import type { ListenAddress } from '../runtime/listen-address.ts';
import type { TlsFiles } from '../runtime/server-tls.ts';
import { readServerTls, reloadServerTls } from '../runtime/server-tls.ts';
import { checkAccess } from './server/access.ts';
import type { ConsoleAppOptions } from './server/console-app.ts';
import { createConsoleApp } from './server/console-app.ts';

export interface ConsoleOptions extends ConsoleAppOptions {
  readonly address: ListenAddress;
  readonly tls?: TlsFiles | undefined;
  /** For what has begun, when it stops. */
  readonly graceMs: number;
}

export interface RunningConsole {
  /** With the port it got. */
  readonly address: ListenAddress;
  /** Answers what has begun. May be called twice. */
  close(): Promise<void>;
}

const TIMEOUTS = { requestTimeout: 10_000, headersTimeout: 5000 } as const;
const MAX_CONNECTIONS = 500;

/**
 * Serves the console. Throws a FlowtapError CONFIG_INVALID where everybody could look, LISTEN_FAILED or
 * TLS_FILES_INVALID.
 */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { tls, clock, log, graceMs } = options;
  checkAccess(options.address, options.access);
  const app = createConsoleApp(options);
  const closing = new AbortController();
  const secure = tls && createSecureServer({ ...readServerTls(tls), ...TIMEOUTS }, app);
  const server = secure ?? createServer(TIMEOUTS, app);
  server.maxConnections = MAX_CONNECTIONS;
  const address = await listen(server, options.address);
  if (secure && tls) void reloadServerTls(secure, { files: tls, clock, log, signal: closing.signal });
  return {
    address,
    close: () => {
      closing.abort();
      return closeGracefully(server, graceMs);
    },
  };
}
