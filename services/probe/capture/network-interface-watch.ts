import { DescriptorReadiness } from './descriptor-readiness.ts';
import { HOST_IS_LITTLE_ENDIAN } from './host-byte-order.ts';
import type { NetworkInterface } from './network-interfaces.ts';
import { listNetworkInterfaces } from './network-interfaces.ts';
import {
  AF_NETLINK,
  bindSocket,
  closeDescriptor,
  errnoName,
  openSocket,
  receiveMessage,
  SOCK_RAW,
} from './system-calls.ts';

// linux/netlink.h, linux/rtnetlink.h.
const NETLINK_ROUTE = 0;
const RTMGRP_LINK = 1;

/** Lists again without news after this time, as a message may be lost. */
const RELIST_INTERVAL_MS = 10_000;

/** Only that something came counts, so a message may be cut. */
const MESSAGE_BYTES = 4096;

/** Follows the interfaces of this network namespace, from the moment it is made. */
export class NetworkInterfaceWatch {
  readonly #descriptor: number;
  readonly #readiness: DescriptorReadiness;
  #interfaces: readonly NetworkInterface[];
  #closed = false;

  constructor() {
    this.#descriptor = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    this.#readiness = new DescriptorReadiness(this.#descriptor);
    try {
      bindSocket(this.#descriptor, linkGroupAddress());
      this.#interfaces = listNetworkInterfaces();
    } catch (error) {
      closeDescriptor(this.#descriptor);
      throw error;
    }
  }

  get interfaces(): readonly NetworkInterface[] {
    return this.#interfaces;
  }

  /** Calls `onChange` after each change, until the signal aborts or the watch is closed. */
  async run(onChange: () => void, signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#readiness.wake();
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted && !this.#closed) {
        await this.#readiness.wait(RELIST_INTERVAL_MS);
        if (!this.#closed && this.#relist()) onChange();
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** Whether something has changed. */
  #relist(): boolean {
    this.#discardMessages();
    const before = JSON.stringify(this.#interfaces);
    this.#interfaces = listNetworkInterfaces();
    return JSON.stringify(this.#interfaces) !== before;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#readiness.close();
    closeDescriptor(this.#descriptor);
  }

  /** A message, or an overrun, only says that there is something to look at. */
  #discardMessages(): void {
    const buffer = new Uint8Array(MESSAGE_BYTES);
    for (;;) {
      try {
        receiveMessage(this.#descriptor, buffer);
      } catch (error) {
        if (errnoName(error) === 'EAGAIN') return;
        if (errnoName(error) !== 'ENOBUFS') throw error;
      }
    }
  }
}

/** struct sockaddr_nl: family (2), padding (2), port (4), groups (4). */
function linkGroupAddress(): Uint8Array {
  const address = new DataView(new ArrayBuffer(12));
  address.setUint16(0, AF_NETLINK, HOST_IS_LITTLE_ENDIAN);
  address.setUint32(8, RTMGRP_LINK, HOST_IS_LITTLE_ENDIAN);
  return new Uint8Array(address.buffer);
}
