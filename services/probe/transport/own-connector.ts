import { Socket } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import type { IgnoredEndpoint } from '../capture/except-endpoints.ts';
import { closeDescriptor } from '../capture/system-calls.ts';
import { connectSocket, openBoundSocket, sourceAddressTowards } from './connecting-socket.ts';
import type { Connector, OwnVolume } from './connector.ts';
import type { HostResolver } from './host-resolver.ts';
import { OWN_MARK } from './own-mark.ts';
import { NO_VOLUME, readTcpVolume, sumOfVolumes } from './tcp-volume.ts';

/** What comes late for a connection that is closed: the other side's last segments. */
const LINGER_MS = 3000;

/** More than there can be at once, those that linger included; beyond, the oldest is no longer left out. */
const MAX_ENDPOINTS = 16;

export interface OwnConnectorOptions {
  readonly resolver: HostResolver;
  readonly clock: Clock;
  /** Has the capture leave out what these endpoints send and receive. */
  readonly ignore: (endpoints: readonly IgnoredEndpoint[]) => void;
}

/**
 * Connections whose packets the capture leaves out. Each gets its port before the first packet, so that the capture
 * knows of it in time; the mark tells what it sends in any case.
 */
export class OwnConnector implements Connector {
  readonly #options: OwnConnectorOptions;
  readonly #endpoints: IgnoredEndpoint[] = [];
  /** Descriptors of connections that are open, and what they had carried when last asked. */
  readonly #open = new Map<number, OwnVolume>();
  #closed = NO_VOLUME;
  readonly #ended = new AbortController();

  constructor(options: OwnConnectorOptions) {
    this.#options = options;
  }

  get volume(): OwnVolume {
    for (const [descriptor, known] of this.#open) this.#open.set(descriptor, volumeOf(descriptor, known));
    return sumOfVolumes([this.#closed, ...this.#open.values()]);
  }

  async connect(host: string, port: number, signal: AbortSignal): Promise<Socket> {
    const addresses = await this.#options.resolver.resolve(host, signal);
    let failure: unknown;
    for (const address of addresses) {
      try {
        return await this.#connectTo(address, port, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        failure = error;
      }
    }
    this.#options.resolver.forget(host);
    throw failure;
  }

  /** Nothing is captured any more, so nothing needs to be left out. */
  close(): void {
    this.#ended.abort();
  }

  async #connectTo(address: Uint8Array, port: number, signal: AbortSignal): Promise<Socket> {
    const remote = { address, port };
    const { descriptor, local } = openBoundSocket('tcp', sourceAddressTowards(remote), OWN_MARK);
    const endpoint: IgnoredEndpoint = { protocol: 'tcp', ...local };
    this.#ignore(endpoint);
    try {
      await connectSocket(descriptor, remote, signal);
    } catch (error) {
      closeDescriptor(descriptor);
      void this.#forgetLater(endpoint);
      throw error;
    }
    const socket = new Socket({ fd: descriptor, readable: true, writable: true });
    // Whoever uses it may not listen yet when it breaks.
    socket.on('error', () => undefined);
    this.#open.set(descriptor, NO_VOLUME);
    watchDestroy(socket, () => this.#count(descriptor));
    socket.once('close', () => void this.#forgetLater(endpoint));
    return socket;
  }

  /** While the descriptor is still the connection's. */
  #count(descriptor: number): void {
    const known = this.#open.get(descriptor);
    if (known === undefined) return;
    this.#closed = sumOfVolumes([this.#closed, volumeOf(descriptor, known)]);
    this.#open.delete(descriptor);
  }

  #ignore(endpoint: IgnoredEndpoint): void {
    this.#endpoints.push(endpoint);
    if (this.#endpoints.length > MAX_ENDPOINTS) this.#endpoints.shift();
    this.#options.ignore([...this.#endpoints]);
  }

  async #forgetLater(endpoint: IgnoredEndpoint): Promise<void> {
    await this.#options.clock.sleep(LINGER_MS, this.#ended.signal);
    const index = this.#endpoints.indexOf(endpoint);
    if (index < 0 || this.#ended.signal.aborted) return;
    this.#endpoints.splice(index, 1);
    this.#options.ignore([...this.#endpoints]);
  }
}

/** What was known where the kernel does not tell. */
function volumeOf(descriptor: number, known: OwnVolume): OwnVolume {
  try {
    return readTcpVolume(descriptor);
  } catch {
    return known;
  }
}

/** Calls back when the socket is given up, before its descriptor is closed. */
function watchDestroy(socket: Socket, before: () => void): void {
  const destroy = socket._destroy.bind(socket);
  socket._destroy = (error, callback): void => {
    before();
    destroy(error, callback);
  };
}
