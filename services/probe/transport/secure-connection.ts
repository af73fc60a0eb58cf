import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** PEM files, which may be replaced while the probe runs. */
export interface ClientTls {
  /** Who may have signed the receiver's certificate, as PEM text; else `caFile`, else the public authorities. */
  readonly ca?: string | undefined;
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

/** TLS over connections to one host. A new connection resumes the session of an earlier one where the host allows. */
export class SecureConnections {
  readonly #host: string;
  readonly #files: ClientTls;
  #session: Buffer | undefined;

  constructor(host: string, files: ClientTls) {
    this.#host = host;
    this.#files = files;
  }

  /** Resolves when the host has shown its certificate. The files are read for each connection. */
  async over(socket: Socket, signal: AbortSignal): Promise<TLSSocket> {
    try {
      const { ca: caText, caFile, certFile, keyFile } = this.#files;
      const [tls, ca, cert, key] = await Promise.all([
        import('node:tls'),
        caText ?? readPem(caFile),
        readPem(certFile),
        readPem(keyFile),
      ]);
      const secure = tls.connect({
        socket,
        host: this.#host,
        ...(isIP(this.#host) === 0 && { servername: this.#host }),
        minVersion: 'TLSv1.2',
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
        ...(this.#session !== undefined && { session: this.#session }),
      });
      secure.on('session', (session) => {
        this.#session = session;
      });
      return await handshake(secure, signal);
    } catch (error) {
      this.#session = undefined;
      socket.destroy();
      throw error;
    }
  }
}

function handshake(secure: TLSSocket, signal: AbortSignal): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const abort = (): void => void secure.destroy(signal.reason);
  const closed = (): void => reject(new Error('the connection was closed during the TLS handshake'));
  // The listener for errors stays: nobody else may have one yet when the connection breaks.
  secure.on('error', reject).once('close', closed);
  secure.once('secureConnect', () => {
    secure.off('close', closed);
    resolve(secure);
  });
  signal.addEventListener('abort', abort);
  return promise.finally(() => signal.removeEventListener('abort', abort));
}

async function readPem(path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Error(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
