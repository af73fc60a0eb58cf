import { endianness } from 'node:os';

// linux/netlink.h.
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;

/** struct nlmsghdr: length (4), type (2), flags (2), sequence (4), port (4). */
const HEADER_BYTES = 16;
/** struct nfgenmsg (linux/netfilter/nfnetlink.h): family (1), version (1), resource (2). */
const FAMILY_HEADER_BYTES = 4;

// linux/netfilter/nfnetlink.h, nfnetlink_conntrack.h: the subsystem in the upper byte.
const NFNL_SUBSYS_CTNETLINK = 1;
const IPCTNL_MSG_CT_NEW = (NFNL_SUBSYS_CTNETLINK << 8) | 0;
const IPCTNL_MSG_CT_GET = (NFNL_SUBSYS_CTNETLINK << 8) | 1;
const IPCTNL_MSG_CT_DELETE = (NFNL_SUBSYS_CTNETLINK << 8) | 2;

const IS_LITTLE_ENDIAN = endianness() === 'LE';

/** What the kernel says about its connection table, as messages come. */
export interface ConntrackVisitor {
  /** An entry's attributes stand in `bytes` from `start` to `end`. */
  entry(bytes: Uint8Array, start: number, end: number, isGone: boolean): void;
  /** A dump's end; `isWhole` is false where the table was changed so that entries may be missing in it. */
  done(isWhole: boolean): void;
  /** A request failed; `errno` is positive. */
  failed(errno: number): void;
  malformed(): void;
}

/** Asks for all entries of both families. */
export function dumpRequest(sequence: number): Uint8Array {
  const message = new DataView(new ArrayBuffer(HEADER_BYTES + FAMILY_HEADER_BYTES));
  message.setUint32(0, message.byteLength, IS_LITTLE_ENDIAN);
  message.setUint16(4, IPCTNL_MSG_CT_GET, IS_LITTLE_ENDIAN);
  message.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, IS_LITTLE_ENDIAN);
  message.setUint32(8, sequence, IS_LITTLE_ENDIAN);
  return new Uint8Array(message.buffer);
}

/** Walks over the messages in the first `length` bytes. Never reads beyond them, whatever they are. */
export function visitMessages(bytes: Uint8Array, length: number, visitor: ConntrackVisitor): void {
  let at = 0;
  while (at + HEADER_BYTES <= length) {
    const size = hostWord(bytes, at);
    const end = at + size;
    if (size < HEADER_BYTES || end > length) break;
    const type = hostShort(bytes, at + 4);
    const body = at + HEADER_BYTES;
    if (type === IPCTNL_MSG_CT_NEW || type === IPCTNL_MSG_CT_DELETE) {
      const start = body + FAMILY_HEADER_BYTES;
      if (start > end) visitor.malformed();
      else visitor.entry(bytes, start, end, type === IPCTNL_MSG_CT_DELETE);
    } else if (type === NLMSG_DONE) {
      visitor.done((hostShort(bytes, at + 6) & NLM_F_DUMP_INTR) === 0);
    } else if (type === NLMSG_ERROR) {
      if (body + 4 > end) visitor.malformed();
      else if (hostWord(bytes, body) !== 0) visitor.failed(-hostWord(bytes, body) >>> 0);
    }
    // Messages begin at multiples of four.
    at += (size + 3) & ~3;
  }
  if (at < length) visitor.malformed();
}

/** A short in the order of the processor, as netlink's own headers are. */
export function hostShort(bytes: Uint8Array, at: number): number {
  return IS_LITTLE_ENDIAN ? bytes[at] | (bytes[at + 1] << 8) : (bytes[at] << 8) | bytes[at + 1];
}

function hostWord(bytes: Uint8Array, at: number): number {
  const [low, high] = IS_LITTLE_ENDIAN ? [at, at + 2] : [at + 2, at];
  return ((hostShort(bytes, high) << 16) | hostShort(bytes, low)) >>> 0;
}
