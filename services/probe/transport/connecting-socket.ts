import { getSystemErrorMap } from 'node:util';
import koffi from 'koffi';
import {
  bindSocket,
  closeDescriptor,
  getSocketOption,
  openSocket,
  setSocketOption,
} from '../capture/system-calls.ts';
import type { SocketAddress } from './socket-address.ts';
import {
  addressFamily,
  decodeSocketAddress,
  emptySocketAddress,
  encodeSocketAddress,
  formatSocketAddress,
} from './socket-address.ts';

// linux/net.h, asm-generic/socket.h, linux/errno.h.
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_MARK = 36;
const EINPROGRESS = 115;

type SystemCall = (...args: readonly unknown[]) => number;

interface Calls {
  readonly connect: SystemCall;
  readonly getsockname: SystemCall;
}

let loaded: Calls | undefined;

function calls(): Calls {
  if (loaded === undefined) {
    const libc = koffi.load('libc.so.6');
    loaded = {
      connect: libc.func('int connect(int, void *, uint32_t)'),
      getsockname: libc.func('int getsockname(int, void *, void *)'),
    };
  }
  return loaded;
}

/**
 * The address from which this host would speak to another. No packet is sent for it. Throws where there is no route.
 */
export function sourceAddressTowards(remote: SocketAddress): Uint8Array {
  const descriptor = openSocket(addressFamily(remote.address), SOCK_DGRAM, 0);
  try {
    const wire = encodeSocketAddress(remote);
    if (calls().connect(descriptor, wire, wire.byteLength) < 0) throw connectFailure(koffi.errno(), remote);
    return socketName(descriptor).address;
  } finally {
    closeDescriptor(descriptor);
  }
}

/** A socket with a mark and a port of its own, which has sent nothing yet. The caller closes the descriptor. */
export interface BoundSocket {
  readonly descriptor: number;
  readonly local: SocketAddress;
}

/**
 * Opens a socket that is bound to a free port of the address. Marked where the kernel allows it: Linux 5.17 does with
 * NET_RAW, older ones want NET_ADMIN.
 */
export function openBoundSocket(kind: 'tcp' | 'udp', address: Uint8Array, mark: number): BoundSocket {
  const type = kind === 'tcp' ? SOCK_STREAM : SOCK_DGRAM;
  const descriptor = openSocket(addressFamily(address), type | SOCK_NONBLOCK, 0);
  try {
    tryToMark(descriptor, mark);
    bindSocket(descriptor, encodeSocketAddress({ address, port: 0 }));
    return { descriptor, local: socketName(descriptor) };
  } catch (error) {
    closeDescriptor(descriptor);
    throw error;
  }
}

/** Connects a socket of TCP. Rejects when the other side refuses, or the signal aborts. */
export async function connectSocket(
  descriptor: number,
  remote: SocketAddress,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const wire = encodeSocketAddress(remote);
  if (calls().connect(descriptor, wire, wire.byteLength) === 0) return;
  if (koffi.errno() !== EINPROGRESS) throw connectFailure(koffi.errno(), remote);
  await untilWritable(descriptor, signal);
  const [errno] = getSocketOption(descriptor, SOL_SOCKET, SO_ERROR, new Uint32Array(1));
  if (errno !== 0) throw connectFailure(errno, remote);
}

function tryToMark(descriptor: number, mark: number): void {
  try {
    setSocketOption(descriptor, SOL_SOCKET, SO_MARK, new Uint32Array([mark]), 'SO_MARK');
  } catch {
    // Its address and port tell its packets too.
  }
}

function socketName(descriptor: number): SocketAddress {
  const bytes = emptySocketAddress();
  calls().getsockname(descriptor, bytes, new Uint32Array([bytes.byteLength]));
  return decodeSocketAddress(bytes);
}

/** The handle is closed before anybody else may watch the descriptor. */
function untilWritable(descriptor: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const handle = koffi.node.poll(descriptor, { writable: true }, () => settle(resolve));
    const abort = (): void => settle(() => reject(signal.reason));
    const settle = (end: () => void): void => {
      signal.removeEventListener('abort', abort);
      handle.close();
      end();
    };
    signal.addEventListener('abort', abort);
  });
}

/** As the errors of node:net are. */
function connectFailure(errno: number, remote: SocketAddress): Error {
  const [code] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`];
  const message = `connect ${code} ${formatSocketAddress(remote)}`;
  return Object.assign(new Error(message), { code, errno: -errno, syscall: 'connect' });
}
