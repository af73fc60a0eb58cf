import type { Socket } from 'node:net';

/** What the probe's own connections have carried, as far as the kernel tells. */
export interface OwnVolume {
  /** TCP segments, those without data too. */
  readonly sentPackets: number;
  readonly receivedPackets: number;
  /** Data, what was sent again included. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** Makes the connections to the receiver. */
export interface Connector {
  readonly volume: OwnVolume;
  /** Connects to the first of the host's addresses that answers. Rejects when none does, or the signal aborts. */
  connect(host: string, port: number, signal: AbortSignal): Promise<Socket>;
  /** When nothing is captured any more; connections that there are go on. */
  close(): void;
}
