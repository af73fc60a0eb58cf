import { beforeEach, expect, test } from 'vitest';

import {
  AF_NETLINK,
  bindSocket,
  closeDescriptor,
  errnoName,
  openSocket,
  receiveMessage,
  SOCK_RAW,
  setSocketOption,
} from '../../../services/probe/capture/system-calls.ts';

const thrownBy = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return error;
  }
};

beforeEach((ctx) => {
  if (process.platform !== 'linux') ctx.skip('these are system calls of Linux');
});

test.each([
  ['bind', () => bindSocket(-1, new Uint8Array(12)), 'EBADF', 'bind failed: EBADF (bad file descriptor).'],
  [
    'setsockopt',
    () => setSocketOption(-1, 1, 1, new Uint32Array(1), 'a purpose'),
    'EBADF',
    'setsockopt for a purpose failed: EBADF (bad file descriptor).',
  ],
  [
    'socket',
    () => openSocket(9999, SOCK_RAW, 0),
    'EAFNOSUPPORT',
    'socket failed: EAFNOSUPPORT (address family not supported).',
  ],
])('%s that fails tells its errno', (syscall, call, code, message) => {
  const error = thrownBy(call);
  expect(error).toMatchObject({
    name: 'FlowtapError',
    code: 'SYSTEM_CALL_FAILED',
    stage: 'capture',
    message,
    cause: { code, syscall },
  });
  expect(errnoName(error)).toBe(code);
});

test('recv does not block', () => {
  const descriptor = openSocket(AF_NETLINK, SOCK_RAW, 0);
  expect(errnoName(thrownBy(() => receiveMessage(descriptor, new Uint8Array(16))))).toBe('EAGAIN');
  closeDescriptor(descriptor);
});

test.each([undefined, null, 'EPERM', new Error('EPERM'), new Error('x', { cause: 'EPERM' })])(
  '%s is no system call that failed',
  (value) => {
    expect(errnoName(value)).toBeUndefined();
  },
);
