import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { netlinkErrno } from '../../../services/runtime/linux/netlink-calls.ts';
import { NetlinkSocket, NOTHING } from '../../../services/runtime/linux/netlink-socket.ts';

/** linux/netlink.h; anybody may ask it. */
const NETLINK_ROUTE = 0;
/** linux/rtnetlink.h. */
const RTM_GETLINK = 18;
const NLM_F_REQUEST_DUMP = 0x301;

/** Asks for all interfaces: struct nlmsghdr, struct ifinfomsg. */
function linkRequest(): Uint8Array {
  const message = new Uint8Array(32);
  new Uint32Array(message.buffer)[0] = message.length;
  new Uint16Array(message.buffer).set([RTM_GETLINK, NLM_F_REQUEST_DUMP], 2);
  return message;
}

describe('NetlinkSocket', () => {
  let socket: NetlinkSocket;
  const buffer = new Uint8Array(65_536);

  beforeEach((ctx) => {
    if (process.platform !== 'linux') ctx.skip('netlink exists on Linux only');
    socket = new NetlinkSocket({ protocol: NETLINK_ROUTE, receiveBufferBytes: 100_000 });
  });

  afterEach(() => socket?.close());

  test('sends a request and receives the answer', async () => {
    expect(socket.receive(buffer)).toBe(NOTHING);
    socket.send(linkRequest());
    expect(await socket.wait(10_000)).toBe(true);
    expect(socket.receive(buffer)).toBeGreaterThan(16);
  });

  test('says what its buffer is', () => {
    expect(socket.memory()).toEqual({ unreadBytes: 0, bufferBytes: 100_000, drops: 0 });
  });

  test.each([
    ['its time', (): undefined => undefined, 1],
    ['wake', (one: NetlinkSocket): void => one.wake(), 60_000],
    ['close', (one: NetlinkSocket): void => one.close(), 60_000],
  ] as const)('a wait ends with %s', async (_what, end, timeoutMs) => {
    const waiting = socket.wait(timeoutMs);
    end(socket);
    expect(await waiting).toBe(false);
  });

  test('can be closed twice, and waits no more', async () => {
    socket.close();
    socket.close();
    expect(await socket.wait(60_000)).toBe(false);
  });

  test('names the errno of what the kernel refuses', () => {
    try {
      new NetlinkSocket({ protocol: 31 });
      expect.unreachable();
    } catch (error) {
      expect(netlinkErrno(error)).toBe('EPROTONOSUPPORT');
      expect(error).toMatchObject({ code: 'NETLINK_FAILED', stage: 'netlink' });
    }
  });
});
