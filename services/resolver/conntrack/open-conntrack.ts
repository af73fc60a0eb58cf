import { FlowtapError } from '../../runtime/errors.ts';
import { netlinkErrno } from '../../runtime/linux/netlink-calls.ts';
import { NetlinkSocket } from '../../runtime/linux/netlink-socket.ts';
import { CAP_NET_ADMIN, raiseCapability } from '../../runtime/linux/raise-capability.ts';

/** linux/netlink.h. */
const NETLINK_NETFILTER = 12;

// linux/netfilter/nfnetlink_compat.h, enum nfnetlink_groups.
export const NFNLGRP_CONNTRACK_NEW = 1;
export const NFNLGRP_CONNTRACK_DESTROY = 3;

export interface ConntrackOptions {
  readonly groups?: readonly number[];
  readonly receiveBufferBytes?: number | undefined;
  /** Where it is not the network namespace that this process is in. */
  readonly networkNamespace?: string | undefined;
}

/** A socket to the connection table of a network namespace. Throws NET_ADMIN_MISSING or CONNTRACK_UNAVAILABLE. */
export function openConntrack(options: ConntrackOptions): NetlinkSocket {
  raiseCapability(CAP_NET_ADMIN);
  try {
    return new NetlinkSocket({ protocol: NETLINK_NETFILTER, ...options });
  } catch (error) {
    throw explain(error);
  }
}

/** What the user can do about an error of a conntrack socket. */
export function explain(error: unknown): unknown {
  switch (netlinkErrno(error)) {
    case 'EPERM':
      return new FlowtapError(
        'NET_ADMIN_MISSING',
        'conntrack',
        'Reading the connection table needs the capability NET_ADMIN in the network namespace of the host, and this ' +
          `process, run as user ${process.geteuid?.()}, does not have it: add NET_ADMIN to the container ` +
          '(securityContext.capabilities.add), or run as root.',
        { cause: error },
      );
    case 'EPROTONOSUPPORT':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
    case 'EOPNOTSUPP':
      return new FlowtapError(
        'CONNTRACK_UNAVAILABLE',
        'conntrack',
        'The kernel does not give its connection table: it needs the module nf_conntrack_netlink (modprobe it on the node).',
        { cause: error },
      );
    default:
      return error;
  }
}
