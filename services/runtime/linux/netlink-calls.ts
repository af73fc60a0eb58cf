import { getSystemErrorMap } from 'node:util';
import koffi from 'koffi';
import { FlowtapError } from '../errors.ts';

type SystemCall = (...args: readonly unknown[]) => number;

/** The calls of the C library that a netlink socket needs. */
export interface NetlinkCalls {
  readonly socket: SystemCall;
  readonly bind: SystemCall;
  readonly setsockopt: SystemCall;
  readonly getsockopt: SystemCall;
  readonly send: SystemCall;
  readonly recv: SystemCall;
  readonly close: SystemCall;
  readonly setns: SystemCall;
}

let loaded: NetlinkCalls | undefined;

/** Throws a FlowtapError NETLINK_FAILED where there is no netlink. */
export function netlinkCalls(): NetlinkCalls {
  loaded ??= load();
  return loaded;
}

function load(): NetlinkCalls {
  if (process.platform !== 'linux') {
    throw new FlowtapError(
      'NETLINK_FAILED',
      'netlink',
      `Netlink exists on Linux only, and this is ${process.platform}.`,
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
      close: libc.func('int close(int)'),
      setns: libc.func('int setns(int, int)'),
    };
  } catch (cause) {
    const advice = 'The GNU C library (libc.so.6) cannot be loaded here; use a glibc based image.';
    throw new FlowtapError('NETLINK_FAILED', 'netlink', advice, { cause });
  }
}

/** The result of a call. Throws a FlowtapError NETLINK_FAILED, whose cause has the errno's name as its code. */
export function checkedCall(syscall: string, result: number): number {
  if (result >= 0) return result;
  const errno = koffi.errno();
  throw netlinkError(syscall, errno);
}

export function netlinkError(syscall: string, errno: number): FlowtapError {
  const [code, description] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error'];
  // The same fields as the errors of Node's own system calls.
  const cause = Object.assign(new Error(`${syscall} ${code}`), { code, errno: -errno, syscall });
  return new FlowtapError('NETLINK_FAILED', 'netlink', `${syscall} failed: ${code} (${description}).`, {
    cause,
  });
}

/** The name of the errno (`EPERM`, …) when `error` is a netlink call that failed, else undefined. */
export function netlinkErrno(error: unknown): string | undefined {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}
