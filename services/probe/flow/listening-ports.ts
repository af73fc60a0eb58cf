import { TCP, UDP } from '../../core/protocol.ts';

/**
 * Ports that something is known to listen on: declared by the pod, open in the kernel's socket tables, or seen
 * answering a SYN. Tells which end of a conversation is the server when its beginning was not seen.
 */
export class ListeningPorts {
  readonly #tcp = new Uint8Array(65536);
  readonly #udp = new Uint8Array(65536);

  /** Notes that `protocol` (TCP or UDP; others are ignored) is served on `port`. */
  add(protocol: number, port: number): void {
    if (protocol === TCP) this.#tcp[port] = 1;
    else if (protocol === UDP) this.#udp[port] = 1;
  }

  has(protocol: number, port: number): boolean {
    if (protocol === TCP) return this.#tcp[port] === 1;
    return protocol === UDP && this.#udp[port] === 1;
  }
}
