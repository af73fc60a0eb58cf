import { getSystemErrorName } from 'node:util';

import { FlowtapError } from '../../runtime/errors.ts';
import { HOST_IS_LITTLE_ENDIAN } from './host-byte-order.ts';
import { ARPHRD_LOOPBACK } from './socket-filter.ts';
import {
  AF_NETLINK,
  closeDescriptor,
  openSocket,
  receiveMessage,
  SOCK_RAW,
  sendMessage,
} from './system-calls.ts';

export interface NetworkInterface {
  readonly name: string;
  readonly index: number;
  /** ARPHRD_ number (linux/if_arp.h). */
  readonly hardwareType: number;
}

/** The interfaces that a capture sees: those named, or all but loopback ones. A name may match none. */
export function selectInterfaces(
  interfaces: readonly NetworkInterface[],
  names: readonly string[] | undefined,
): readonly NetworkInterface[] {
  if (names === undefined) return interfaces.filter((each) => each.hardwareType !== ARPHRD_LOOPBACK);
  return interfaces.filter((each) => names.includes(each.name));
}

// rtnetlink (linux/netlink.h, linux/rtnetlink.h, linux/if_link.h).
const NETLINK_ROUTE = 0;
const NLM_F_REQUEST = 0x1;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const IFLA_IFNAME = 3;
const NLMSGHDR_BYTES = 16;
const IFINFOMSG_BYTES = 16;

/** The kernel cuts a dump into messages of at most this. */
const MESSAGE_BYTES = 32_768;

/** The interfaces of this network namespace, by index. Asks the kernel, so it needs no sysfs and no privilege. */
export function listNetworkInterfaces(): readonly NetworkInterface[] {
  const descriptor = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  try {
    for (;;) {
      const interfaces = dumpLinks(descriptor);
      if (interfaces !== undefined) return interfaces.toSorted((a, b) => a.index - b.index);
    }
  } finally {
    closeDescriptor(descriptor);
  }
}

/** One dump; undefined when it has to be asked again, because something changed meanwhile. */
function dumpLinks(descriptor: number): readonly NetworkInterface[] | undefined {
  sendMessage(descriptor, linkDumpRequest());
  const interfaces: NetworkInterface[] = [];
  const buffer = new Uint8Array(MESSAGE_BYTES);
  let interrupted = false;
  for (;;) {
    const view = new DataView(buffer.buffer, 0, Math.min(receiveMessage(descriptor, buffer), MESSAGE_BYTES));
    let offset = 0;
    while (view.byteLength - offset >= NLMSGHDR_BYTES) {
      const length = view.getUint32(offset, HOST_IS_LITTLE_ENDIAN);
      const type = view.getUint16(offset + 4, HOST_IS_LITTLE_ENDIAN);
      if ((view.getUint16(offset + 6, HOST_IS_LITTLE_ENDIAN) & NLM_F_DUMP_INTR) !== 0) interrupted = true;
      if (type === NLMSG_ERROR) throw listRefused(view.getInt32(offset + 16, HOST_IS_LITTLE_ENDIAN));
      if (type === NLMSG_DONE) return interrupted ? undefined : interfaces;
      if (type === RTM_NEWLINK) interfaces.push(parseLink(view, offset, offset + length));
      offset += align4(Math.max(length, NLMSGHDR_BYTES));
    }
  }
}

function listRefused(errno: number): FlowtapError {
  const reason = `the kernel answers ${getSystemErrorName(errno)}`;
  return new FlowtapError('SYSTEM_CALL_FAILED', 'capture', `Network interfaces cannot be listed: ${reason}.`);
}

function linkDumpRequest(): Uint8Array {
  const request = new DataView(new ArrayBuffer(NLMSGHDR_BYTES + IFINFOMSG_BYTES));
  request.setUint32(0, request.byteLength, HOST_IS_LITTLE_ENDIAN);
  request.setUint16(4, RTM_GETLINK, HOST_IS_LITTLE_ENDIAN);
  request.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, HOST_IS_LITTLE_ENDIAN);
  return new Uint8Array(request.buffer);
}

/** struct ifinfomsg: family (1), padding (1), type (2), index (4), flags (4), change (4); then attributes. */
function parseLink(view: DataView, start: number, end: number): NetworkInterface {
  const message = start + NLMSGHDR_BYTES;
  let name = '';
  let attribute = message + IFINFOMSG_BYTES;
  while (end - attribute >= 4) {
    const length = view.getUint16(attribute, HOST_IS_LITTLE_ENDIAN);
    if (length < 4) break;
    if (view.getUint16(attribute + 2, HOST_IS_LITTLE_ENDIAN) === IFLA_IFNAME) {
      // The text ends with a zero byte.
      name = Buffer.from(view.buffer, attribute + 4, length - 5).toString();
    }
    attribute += align4(length);
  }
  return {
    name,
    index: view.getInt32(message + 4, HOST_IS_LITTLE_ENDIAN),
    hardwareType: view.getUint16(message + 2, HOST_IS_LITTLE_ENDIAN),
  };
}

const align4 = (length: number): number => (length + 3) & ~3;
