import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { DescriptorReadiness } from '../../../services/probe/capture/descriptor-readiness.ts';
import {
  AF_NETLINK,
  closeDescriptor,
  openSocket,
  receiveMessage,
  SOCK_RAW,
  sendMessage,
} from '../../../services/probe/capture/system-calls.ts';

/** struct nlmsghdr with NLMSG_NOOP, which the kernel acknowledges when NLM_F_ACK (4) is asked for. */
const ASK_FOR_ANSWER = new Uint8Array(new Uint32Array([16, 0x0005_0001, 0, 0]).buffer);

const LONG_MS = 60_000;

describe('DescriptorReadiness', () => {
  let descriptor: number;
  let readiness: DescriptorReadiness;

  beforeEach((ctx) => {
    if (process.platform !== 'linux') ctx.skip('netlink sockets exist on Linux only');
    descriptor = openSocket(AF_NETLINK, SOCK_RAW, 0);
    readiness = new DescriptorReadiness(descriptor);
  });

  afterEach(() => {
    readiness?.close();
    if (readiness !== undefined) closeDescriptor(descriptor);
  });

  test('waits for what comes later, and again', async () => {
    for (const _ of [1, 2, 3]) {
      const ready = readiness.wait(LONG_MS);
      sendMessage(descriptor, ASK_FOR_ANSWER);
      expect(await ready).toBe(true);
      expect(receiveMessage(descriptor, new Uint8Array(4096))).toBeGreaterThan(0);
    }
  });

  test('sees what came before', async () => {
    sendMessage(descriptor, ASK_FOR_ANSWER);
    expect(await readiness.wait(LONG_MS)).toBe(true);
    expect(await readiness.wait(LONG_MS)).toBe(true);
  });

  test('calls while it is readable, until it is waited for', async () => {
    const calls = Promise.withResolvers<void>();
    let count = 0;
    readiness.watch(() => {
      count++;
      if (count === 2) calls.resolve();
    });
    sendMessage(descriptor, ASK_FOR_ANSWER);
    await calls.promise;
    expect(await readiness.wait(LONG_MS)).toBe(true);
    const before = count;
    expect(await readiness.wait(LONG_MS)).toBe(true);
    expect(count).toBe(before);
  });

  test.each([
    ['its time is over', 1, () => undefined],
    ['it is woken', LONG_MS, () => readiness.wake()],
    ['it is closed', LONG_MS, () => readiness.close()],
    ['another wait begins', LONG_MS, () => void readiness.wait(1)],
  ])('ends with false when %s', async (_, timeoutMs, end) => {
    const ready = readiness.wait(timeoutMs);
    end();
    expect(await ready).toBe(false);
  });

  test('does not wait when it is closed, and closes twice', async () => {
    readiness.close();
    readiness.close();
    expect(await readiness.wait(LONG_MS)).toBe(false);
  });
});
