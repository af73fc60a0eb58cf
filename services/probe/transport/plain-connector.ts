import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { Connector, OwnVolume } from './connector.ts';

/** Connections as any program makes them, where the capture cannot leave them out. */
export class PlainConnector implements Connector {
  readonly #open = new Set<Socket>();
  #sentBytes = 0;
  #receivedBytes = 0;

  /** Only data are known of. */
  get volume(): OwnVolume {
    let sentBytes = this.#sentBytes;
    let receivedBytes = this.#receivedBytes;
    for (const socket of this.#open) {
      sentBytes += socket.bytesWritten;
      receivedBytes += socket.bytesRead;
    }
    return { sentPackets: 0, receivedPackets: 0, sentBytes, receivedBytes };
  }

  async connect(host: string, port: number, signal: AbortSignal): Promise<Socket> {
    const socket = connect({ host, port });
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#sentBytes += socket.bytesWritten;
      this.#receivedBytes += socket.bytesRead;
    });
    try {
      await once(socket, 'connect', { signal });
      return socket;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  close(): void {
    // Nothing waits here.
  }
}
