import { constants, endianness } from 'node:os';
import koffi from 'koffi';
import { checkedCall, netlinkCalls, netlinkError } from './netlink-calls.ts';
import { inNetworkNamespace } from './network-namespace.ts';

// linux/socket.h, linux/net.h, asm-generic/socket.h.
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SO_MEMINFO = 55;

/** Of SO_MEMINFO (linux/sock_diag.h). */
const MEMINFO_WORDS = 9;
const MEMINFO_RMEM_ALLOC = 0;
const MEMINFO_RCVBUF = 1;
const MEMINFO_DROPS = 8;

const { EAGAIN, EINTR, ENOBUFS } = constants.errno;

/** What `receive` gives when there is no message. */
export const NOTHING = 0;
/** What `receive` gives once after messages have been lost, because nobody read them in time. */
export const OVERRUN = -1;

export interface NetlinkSocketOptions {
  /** NETLINK_… (linux/netlink.h). */
  readonly protocol: number;
  /** Multicast groups by number, 1 to 32. */
  readonly groups?: readonly number[];
  /** What may wait unread, in the kernel's own count: a small message takes about a kilobyte. */
  readonly receiveBufferBytes?: number | undefined;
  /** The network namespace to be in, where it is not this process's; see network-namespace.ts. */
  readonly networkNamespace?: string | undefined;
}

export interface NetlinkMemory {
  readonly unreadBytes: number;
  readonly bufferBytes: number;
  /** Messages lost so far. */
  readonly drops: number;
}

/** A netlink socket that never blocks. Calls throw a FlowtapError NETLINK_FAILED. */
export class NetlinkSocket {
  readonly #descriptor: number;
  #poll: ReturnType<typeof koffi.node.poll> | undefined;
  #finish: ((isReadable: boolean) => void) | undefined;
  #closed = false;

  constructor(options: NetlinkSocketOptions) {
    const { protocol, groups = [], receiveBufferBytes, networkNamespace } = options;
    const { socket, bind } = netlinkCalls();
    const make = (): number => socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    this.#descriptor = inNetworkNamespace(networkNamespace, () => checkedCall('socket', make()));
    try {
      if (receiveBufferBytes !== undefined) this.#setReceiveBuffer(receiveBufferBytes);
      const address = groupAddress(groups);
      checkedCall('bind', bind(this.#descriptor, address, address.byteLength));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  send(message: Uint8Array): void {
    checkedCall('send', netlinkCalls().send(this.#descriptor, message, message.byteLength, 0));
  }

  /** Reads what one message of the kernel fits in: its bytes in `buffer`, NOTHING, or OVERRUN. */
  receive(buffer: Uint8Array): number {
    const length = netlinkCalls().recv(this.#descriptor, buffer, buffer.byteLength, MSG_DONTWAIT | MSG_TRUNC);
    if (length > 0) return Math.min(length, buffer.byteLength);
    const errno = length === 0 ? EAGAIN : koffi.errno();
    if (errno === EAGAIN || errno === EINTR) return NOTHING;
    if (errno === ENOBUFS) return OVERRUN;
    throw netlinkError('recv', errno);
  }

  /** Resolves with true when there is something to receive, with false after `timeoutMs`, `wake` or `close`. */
  wait(timeoutMs: number): Promise<boolean> {
    this.wake();
    if (this.#closed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#finish?.(false), timeoutMs);
      this.#finish = (isReadable) => {
        this.#finish = undefined;
        clearTimeout(timer);
        this.#poll?.stop();
        resolve(isReadable);
      };
      const onReadable = (): void => this.#finish?.(true);
      if (this.#poll === undefined) this.#poll = koffi.node.poll(this.#descriptor, onReadable);
      else this.#poll.start(onReadable);
    });
  }

  /** Ends a wait. */
  wake(): void {
    this.#finish?.(false);
  }

  memory(): NetlinkMemory {
    const words = new Uint32Array(MEMINFO_WORDS);
    const length = new Uint32Array([words.byteLength]);
    checkedCall(
      'getsockopt',
      netlinkCalls().getsockopt(this.#descriptor, SOL_SOCKET, SO_MEMINFO, words, length),
    );
    return {
      unreadBytes: words[MEMINFO_RMEM_ALLOC],
      bufferBytes: words[MEMINFO_RCVBUF],
      drops: words[MEMINFO_DROPS],
    };
  }

  close(): void {
    if (this.#closed) return;
    this.wake();
    this.#closed = true;
    this.#poll?.close();
    checkedCall('close', netlinkCalls().close(this.#descriptor));
  }

  /** With NET_ADMIN beyond what the system allows to all (net.core.rmem_max). The kernel doubles the number. */
  #setReceiveBuffer(bytes: number): void {
    const { setsockopt } = netlinkCalls();
    const value = new Uint32Array([Math.ceil(bytes / 2)]);
    if (setsockopt(this.#descriptor, SOL_SOCKET, SO_RCVBUFFORCE, value, value.byteLength) >= 0) return;
    checkedCall('setsockopt', setsockopt(this.#descriptor, SOL_SOCKET, SO_RCVBUF, value, value.byteLength));
  }
}

/** struct sockaddr_nl: family (2), padding (2), port (4), groups (4), in the order of the processor. */
function groupAddress(groups: readonly number[]): Uint8Array {
  const isLittle = endianness() === 'LE';
  const address = new DataView(new ArrayBuffer(12));
  address.setUint16(0, AF_NETLINK, isLittle);
  address.setUint32(8, groups.reduce((bits, group) => bits | (1 << (group - 1)), 0) >>> 0, isLittle);
  return new Uint8Array(address.buffer);
}
