import { readFileSync } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { Clock } from './clock.ts';
import { FlowtapError } from './errors.ts';
import { watchFiles } from './file-watch.ts';
import type { Logger } from './logger.ts';

/** PEM files of a server. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Clients must then show a certificate signed by one of these. */
  readonly clientCaFile?: string | undefined;
}

/** What `https.createServer` takes. Throws a FlowtapError TLS_FILES_INVALID that names what cannot be used. */
export function readServerTls(files: TlsFiles): SecureContextOptions & { readonly requestCert: boolean } {
  const { certFile, keyFile, clientCaFile } = files;
  const options = {
    cert: readPem(certFile),
    key: readPem(keyFile),
    ...(clientCaFile !== undefined && { ca: readPem(clientCaFile) }),
    minVersion: 'TLSv1.2',
    requestCert: clientCaFile !== undefined,
  } as const;
  try {
    createSecureContext(options);
  } catch (cause) {
    const reason = (cause as Error).message;
    const message = `${certFile} and ${keyFile} are no certificate and its key: ${reason}. Are both in PEM form?`;
    throw new FlowtapError('TLS_FILES_INVALID', 'tls', message, { cause });
  }
  return options;
}

/** A server whose certificate can be replaced; `https.Server` is one. */
export interface SecureServer {
  setSecureContext(options: SecureContextOptions): void;
}

export interface TlsReloadOptions {
  readonly files: TlsFiles;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly intervalMs?: number;
}

/**
 * Gives the server new certificates when their files change, until the signal; connections that are open keep theirs.
 * Files that make no sense, as when only one of two was written yet, leave the old ones in use until the next change.
 */
export function reloadServerTls(server: SecureServer, options: TlsReloadOptions): Promise<void> {
  const { files, clock, signal, log, intervalMs } = options;
  const { certFile, keyFile, clientCaFile } = files;
  return watchFiles({
    paths: [certFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])],
    clock,
    signal,
    ...(intervalMs !== undefined && { intervalMs }),
    onChange: () => {
      server.setSecureContext(readServerTls(files));
      log.info({ 'file.path': certFile }, 'certificate reloaded');
    },
    onError: (error) => log.warn({ error }, 'certificate not reloaded; the former one stays in use'),
  });
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const message = `${path} cannot be read: ${(cause as Error).message}.`;
    throw new FlowtapError('TLS_FILES_INVALID', 'tls', message, { cause });
  }
}
