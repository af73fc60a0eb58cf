import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FlowtapError } from './errors.ts';
import type { ListenAddress } from './listen-address.ts';
import { formatAddress } from './listen-address.ts';

const IDLE_CHECK_MS = 50;

/** Has the server listen, and gives the address it got. Throws a FlowtapError LISTEN_FAILED. */
export function listen(server: Server, address: ListenAddress): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    // The listener stays: a connection that cannot be accepted for want of descriptors must not end the process.
    server.on('error', (cause) => {
      const message = `Cannot listen on ${formatAddress(address)}: ${cause.message}. Is another program there?`;
      reject(new FlowtapError('LISTEN_FAILED', 'listen', message, { cause }));
    });
    server.listen({ port: address.port, ...(address.host !== undefined && { host: address.host }) }, () => {
      const { address: host, port } = server.address() as AddressInfo;
      resolve({ host, port });
    });
  });
}

/**
 * Takes no new connections, lets requests that have begun be answered, and ends what is left after `graceMs`. Idle
 * connections are closed at once. May be called twice.
 */
export async function closeGracefully(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Those that become idle later would be kept open for their next request.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  const lastResort = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(lastResort);
}
