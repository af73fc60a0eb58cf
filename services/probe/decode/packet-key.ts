import { endpointsInOrder } from '../../core/endpoint-order.ts';
import * as row from './packet-row.ts';

/** Flipping the sign bit makes the signed comparison an unsigned one. */
const isAbove = (a: number, b: number): boolean => (a ^ 0x80000000) > (b ^ 0x80000000);

/** Swaps the halves of a word when `direction` is 1. */
const rotated = (word: number, direction: number): number =>
  (word << (direction << 4)) | (word >>> (-(direction << 4) & 31));

/**
 * Writes an IPv4 packet's key and direction into its row. `ports` has the sender's port in the high half; without
 * KIND_PORTS it is 0. Addresses are words in network order.
 */
export function setIpv4Key(
  words: Int32Array,
  base: number,
  kind: number,
  ports: number,
  source: number,
  destination: number,
): void {
  words[base + row.KIND] = kind;
  const isReversed = source === destination ? ports >>> 16 > (ports & 0xffff) : isAbove(source, destination);
  // Arithmetic in place of branches: which endpoint is the lower one is as good as random.
  const direction = (kind & row.KIND_ONE_WAY) !== 0 ? 0 : Number(isReversed);
  words[base + row.DIRECTION] = direction;
  words[base + row.PORTS] = rotated(ports, direction);
  words[base + row.A0 + direction] = source;
  words[base + row.B0 - direction] = destination;
}

/** As `setIpv4Key`; the addresses are read from the IPv6 header (RFC 8200 section 3) at `header`. */
export function setIpv6Key(
  words: Int32Array,
  base: number,
  kind: number,
  ports: number,
  view: DataView,
  header: number,
): void {
  words[base + row.KIND] = kind;
  const s0 = view.getInt32(header + 8);
  const s1 = view.getInt32(header + 12);
  const s2 = view.getInt32(header + 16);
  const s3 = view.getInt32(header + 20);
  const d0 = view.getInt32(header + 24);
  const d1 = view.getInt32(header + 28);
  const d2 = view.getInt32(header + 32);
  const d3 = view.getInt32(header + 36);
  const inOrder =
    (kind & row.KIND_ONE_WAY) !== 0 ||
    endpointsInOrder(s0, s1, s2, s3, ports >>> 16, d0, d1, d2, d3, ports & 0xffff);
  const direction = inOrder ? 0 : 1;
  const a = base + (inOrder ? row.A1 : row.B1);
  const b = base + (inOrder ? row.B1 : row.A1);
  words[base + row.DIRECTION] = direction;
  words[base + row.PORTS] = inOrder ? ports : (ports << 16) | (ports >>> 16);
  words[base + row.A0 + direction] = s0;
  words[base + row.B0 - direction] = d0;
  words[a] = s1;
  words[a + 1] = s2;
  words[a + 2] = s3;
  words[b] = d1;
  words[b + 1] = d2;
  words[b + 2] = d3;
}

/**
 * Which of `count` meters takes a packet's flow. Both directions give the same, and so do the fragments of a datagram
 * once their ports are known.
 */
export function shardOf(a0: number, b0: number, ports: number, count: number): number {
  return (Math.imul(a0 ^ b0 ^ ports ^ rotated(ports, 1), 0x9e3779b1) >>> 24) % count;
}

/**
 * Hashes a row's key. `seed` is secret to the process, so that nobody can choose addresses that fill one
 * corner of the flow table.
 */
export function hashKey(words: Int32Array, base: number, seed: number): number {
  let hash = Math.imul(words[base + row.A0] ^ seed, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ words[base + row.B0], 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 13) ^ words[base + row.PORTS], 0xc2b2ae3d);
  if ((words[base + row.KIND] & 0xf00) === 0x600) {
    for (let word = row.A1; word < row.KEY_WORDS; word++) {
      hash = Math.imul(hash ^ (hash >>> 15) ^ words[base + word], 0x27d4eb2f);
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16) ^ words[base + row.KIND], 0x165667b1);
  return hash ^ (hash >>> 15);
}
