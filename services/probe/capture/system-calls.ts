import { getSystemErrorMap } from 'node:util';

import koffi from 'koffi';

import { FlowtapError } from '../../runtime/errors.ts';
import { HOST_IS_LITTLE_ENDIAN } from './host-byte-order.ts';

/** AF_ and SOCK_ numbers (linux/socket.h, linux/net.h). */
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;

/** MSG_DONTWAIT and MSG_TRUNC (linux/socket.h). */
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;

/** asm-generic/socket.h. */
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;

/** PROT_ and MAP_ flags (asm-generic/mman-common.h). */
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** Kernel memory shared with this process. */
export interface MappedMemory {
  readonly address: bigint;
  readonly buffer: ArrayBuffer;
}

type SystemCall = (...args: readonly unknown[]) => number;

interface SystemCalls {
  readonly socket: SystemCall;
  readonly bind: SystemCall;
  readonly setsockopt: SystemCall;
  readonly getsockopt: SystemCall;
  readonly send: SystemCall;
  readonly recv: SystemCall;
  readonly mmap: (...args: readonly unknown[]) => bigint;
  readonly munmap: SystemCall;
  readonly close: SystemCall;
  readonly malloc_trim: SystemCall;
}

let loaded: SystemCalls | undefined;

function calls(): SystemCalls {
  loaded ??= load();
  return loaded;
}

function load(): SystemCalls {
  if (process.platform !== 'linux') {
    throw new FlowtapError(
      'CAPTURE_UNSUPPORTED',
      'capture',
      `The packet ring exists on Linux only, and this is ${process.platform}; capture through libpcap instead.`,
    );
  }
  try {
    const libc = koffi.load('libc.so.6');
    return {
      socket: libc.func('int socket(int, int, int)'),
      bind: libc.func('int bind(int, void *, uint32_t)'),
      setsockopt: libc.func('int setsockopt(int, int, int, void *, uint32_t)'),
      getsockopt: libc.func('int getsockopt(int, int, int, void *, void *)'),
      send: libc.func('intptr_t send(int, void *, size_t, int)'),
      recv: libc.func('intptr_t recv(int, void *, size_t, int)'),
      mmap: libc.func('void *mmap(void *, size_t, int, int, int, int64_t)'),
      munmap: libc.func('int munmap(void *, size_t)'),
      close: libc.func('int close(int)'),
      malloc_trim: libc.func('int malloc_trim(size_t)'),
    };
  } catch (cause) {
    throw new FlowtapError(
      'CAPTURE_UNSUPPORTED',
      'capture',
      'The packet ring needs the GNU C library (libc.so.6), which cannot be loaded here; use a glibc based image.',
      { cause },
    );
  }
}

/** Opens a socket that does not survive exec. Throws SYSTEM_CALL_FAILED, as all calls here do. */
export function openSocket(family: number, type: number, protocol: number): number {
  return checked('socket', calls().socket(family, type | SOCK_CLOEXEC, protocol));
}

export function bindSocket(descriptor: number, address: Uint8Array): void {
  checked('bind', calls().bind(descriptor, address, address.byteLength));
}

/** @param purpose what the option asks for, in the words of an error */
export function setSocketOption(
  descriptor: number,
  level: number,
  name: number,
  value: Uint32Array,
  purpose: string,
): void {
  const result = calls().setsockopt(descriptor, level, name, value, value.byteLength);
  checked('setsockopt', result, purpose);
}

/** Fills `value` with the option and gives it back. */
export function getSocketOption(
  descriptor: number,
  level: number,
  name: number,
  value: Uint32Array,
): Uint32Array {
  const length = new Uint32Array([value.byteLength]);
  checked('getsockopt', calls().getsockopt(descriptor, level, name, value, length));
  return value;
}

/** Attaches a classic BPF program, given as an array of struct sock_filter; it replaces the one before. */
export function attachSocketFilter(descriptor: number, program: Uint8Array): void {
  // struct sock_fprog: count (2), padding (6), address (8).
  const value = new DataView(new ArrayBuffer(16));
  value.setUint16(0, program.byteLength / 8, HOST_IS_LITTLE_ENDIAN);
  value.setBigUint64(8, koffi.address(program), HOST_IS_LITTLE_ENDIAN);
  const result = calls().setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, value, value.byteLength);
  checked('setsockopt', result, `a socket filter of ${program.byteLength / 8} instructions`);
}

export function sendMessage(descriptor: number, message: Uint8Array): void {
  checked('send', calls().send(descriptor, message, message.byteLength, 0));
}

/** Reads one waiting message into `buffer` and gives its whole length, which is more than fits when it was cut. */
export function receiveMessage(descriptor: number, buffer: Uint8Array): number {
  return checked('recv', calls().recv(descriptor, buffer, buffer.byteLength, MSG_DONTWAIT | MSG_TRUNC));
}

/** Maps the descriptor's memory, readable and writable, shared with the kernel. */
export function mapMemory(descriptor: number, bytes: number): MappedMemory {
  const address = calls().mmap(null, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  checked('mmap', address === MAP_FAILED ? -1 : 0);
  return { address, buffer: koffi.view(address, bytes) };
}

/** Gives mapped memory back. Its buffer is detached first, so a view that is still held reads as empty. */
export function unmapMemory(memory: MappedMemory): void {
  const bytes = memory.buffer.byteLength;
  memory.buffer.transfer(0);
  checked('munmap', calls().munmap(memory.address, bytes));
}

/** Gives memory that the C library holds but nobody uses back to the system: compiling hot code leaves megabytes of it. */
export function releaseFreeMemory(): void {
  calls().malloc_trim(0);
}

export function closeDescriptor(descriptor: number): void {
  checked('close', calls().close(descriptor));
}

/** The name of the errno (`EPERM`, …) when `error` is a system call that failed, else undefined. */
export function errnoName(error: unknown): string | undefined {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

function checked(syscall: string, result: number, purpose?: string): number {
  if (result >= 0) return result;
  const errno = koffi.errno();
  const [code, description] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error'];
  // The same fields as the errors of Node's own system calls.
  const cause = Object.assign(new Error(`${syscall} ${code}`), { code, errno: -errno, syscall });
  const action = purpose === undefined ? syscall : `${syscall} for ${purpose}`;
  throw new FlowtapError('SYSTEM_CALL_FAILED', 'capture', `${action} failed: ${code} (${description}).`, {
    cause,
  });
}
