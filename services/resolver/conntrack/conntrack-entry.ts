import { hostShort } from './netlink-message.ts';
import { ATTRIBUTE_BYTES, ATTRIBUTE_TYPE_MASK, Tuple } from './tuple.ts';

// linux/netfilter/nfnetlink_conntrack.h.
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;

/**
 * An entry of the connection table: where its first packet went, and where answers come from. One object reads entry
 * after entry and allocates nothing; what it says holds until the next one.
 *
 * Whether addresses were translated is seen in the tuples, not in the status bits (IPS_SRC_NAT, IPS_DST_NAT): IPVS
 * rewrites the reply's tuple before the entry is confirmed, and sets neither bit (net/netfilter/ipvs/ip_vs_nfct.c).
 */
export class ConntrackEntry {
  /** The message that the tuples' addresses are in. */
  bytes: Uint8Array = new Uint8Array(0);
  readonly original = new Tuple();
  readonly reply = new Tuple();

  /** Reads the attributes of an entry; false where they are damaged, or a tuple is missing. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes = bytes;
    let found = 0;
    for (let at = start; at + ATTRIBUTE_BYTES <= end; ) {
      const length = hostShort(bytes, at);
      if (length < ATTRIBUTE_BYTES || at + length > end) return false;
      const type = hostShort(bytes, at + 2) & ATTRIBUTE_TYPE_MASK;
      if (type === CTA_TUPLE_ORIG || type === CTA_TUPLE_REPLY) {
        const tuple = type === CTA_TUPLE_ORIG ? this.original : this.reply;
        if (!tuple.read(bytes, at + ATTRIBUTE_BYTES, at + length)) return false;
        found |= type;
        // They come first; the rest says nothing of addresses.
        if (found === (CTA_TUPLE_ORIG | CTA_TUPLE_REPLY)) break;
      }
      at += (length + 3) & ~3;
    }
    const { original, reply } = this;
    return found === (CTA_TUPLE_ORIG | CTA_TUPLE_REPLY) && original.addressBytes === reply.addressBytes;
  }

  /** Whether answers come from elsewhere than where the first packet went. */
  get isDestinationRewritten(): boolean {
    const { original, reply } = this;
    return (
      !this.#isSame(original.destinationAt, reply.sourceAt) ||
      (!original.isIcmp && original.destinationPort !== reply.sourcePort)
    );
  }

  /** Whether answers go elsewhere than where the first packet came from. */
  get isSourceRewritten(): boolean {
    const { original, reply } = this;
    return (
      !this.#isSame(original.sourceAt, reply.destinationAt) ||
      (!original.isIcmp && original.sourcePort !== reply.destinationPort)
    );
  }

  #isSame(at: number, otherAt: number): boolean {
    const { bytes } = this;
    for (let index = 0; index < this.original.addressBytes; index++) {
      if (bytes[at + index] !== bytes[otherAt + index]) return false;
    }
    return true;
  }
}
