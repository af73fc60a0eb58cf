import { closeSync, openSync } from 'node:fs';
import { checkedCall, netlinkCalls } from './netlink-calls.ts';

/** linux/sched.h. */
const CLONE_NEWNET = 0x4000_0000;

/** Of the thread that asks, which is the only one that setns(2) moves. */
const OWN_NAMESPACE = '/proc/thread-self/ns/net';

/**
 * Runs `work`, which must not wait for anything, in another network namespace: the sockets it makes belong there for good.
 * Needs SYS_ADMIN.
 *
 * @param path where the namespace is bound, such as /run/netns/name or /proc/PID/ns/net; undefined is this process's own
 */
export function inNetworkNamespace<Result>(path: string | undefined, work: () => Result): Result {
  if (path === undefined) return work();
  const { setns } = netlinkCalls();
  const own = openSync(OWN_NAMESPACE, 'r');
  try {
    const other = openSync(path, 'r');
    try {
      checkedCall('setns', setns(other, CLONE_NEWNET));
    } finally {
      closeSync(other);
    }
    try {
      return work();
    } finally {
      checkedCall('setns', setns(own, CLONE_NEWNET));
    }
  } finally {
    closeSync(own);
  }
}
