import { endpointsInOrder } from './endpoint-order.ts';
import { icmpCounterpart, icmpv6Counterpart } from './icmp.ts';
import { ICMP, ICMPV6 } from './protocol.ts';
import { SHA1_SCHEDULE_WORDS, sha1 } from './sha1.ts';

/** One packet's way, as it goes on the wire. Addresses are both of 4 or both of 16 bytes, in network order. */
export interface CommunityIdInput {
  readonly protocol: number;
  readonly sourceAddress: Uint8Array;
  readonly destinationAddress: Uint8Array;
  /** The port, or the ICMP type. Without both ports the id covers addresses and protocol only. */
  readonly sourcePort?: number;
  /** The port, or the ICMP code. */
  readonly destinationPort?: number;
  /** Hexadecimal digits in place of base64. */
  readonly hexadecimal?: boolean;
}

/**
 * The Community ID v1 of a flow; both of its directions give the same.
 *
 * @param seed 0 to 65535; seeds keep the ids of separate networks apart
 * @throws RangeError where the addresses are not both of 4 or both of 16 bytes
 */
export function communityId(input: CommunityIdInput, seed = 0): string {
  const { protocol, sourceAddress: source, destinationAddress: destination } = input;
  if (source.length !== destination.length || (source.length !== 4 && source.length !== 16)) {
    throw new RangeError('A Community ID needs two addresses of 4 bytes or two of 16 bytes.');
  }
  const hasPorts = input.sourcePort !== undefined && input.destinationPort !== undefined;
  const portA = input.sourcePort ?? 0;
  let portB = input.destinationPort ?? 0;
  let oneWay = false;
  if (hasPorts && (protocol === ICMP || protocol === ICMPV6)) {
    const counterpart = protocol === ICMP ? icmpCounterpart(portA) : icmpv6Counterpart(portA);
    oneWay = counterpart < 0;
    if (!oneWay) portB = counterpart;
  }
  const a0 = wordAt(source, 0);
  const a1 = wordAt(source, 4);
  const a2 = wordAt(source, 8);
  const a3 = wordAt(source, 12);
  const b0 = wordAt(destination, 0);
  const b1 = wordAt(destination, 4);
  const b2 = wordAt(destination, 8);
  const b3 = wordAt(destination, 12);
  const version = source.length === 4 ? 4 : 6;
  const inOrder = oneWay || endpointsInOrder(a0, a1, a2, a3, portA, b0, b1, b2, b3, portB);
  const id = inOrder
    ? communityIdFromWords(seed, version, protocol, a0, a1, a2, a3, b0, b1, b2, b3, portA, portB, hasPorts)
    : communityIdFromWords(seed, version, protocol, b0, b1, b2, b3, a0, a1, a2, a3, portB, portA, hasPorts);
  return input.hexadecimal === true ? hexadecimalId() : id;
}

/**
 * The Community ID v1 of a flow whose endpoints are already in order (`endpointsInOrder`; a one-way ICMP flow
 * in packet order). Allocates only the string.
 *
 * @param ipVersion 4 or 6; an IPv4 address is the word a0 or b0 alone
 * @param portA the port, or the ICMP type of the messages a sends
 * @param portB the port, or the ICMP type of the messages b sends; the code where there is no counterpart
 * @param hasPorts false leaves the ports out: protocols and fragments that have none
 */
// biome-ignore lint/complexity/useMaxParams: words in place of an object, nothing is allocated
export function communityIdFromWords(
  seed: number,
  ipVersion: number,
  protocol: number,
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  b0: number,
  b1: number,
  b2: number,
  b3: number,
  portA: number,
  portB: number,
  hasPorts: boolean,
): string {
  // Seed (16 bits), address, address, protocol (8 bits), a zero byte, port, port: the seed shifts each word.
  let at = 0;
  schedule[at++] = (seed << 16) | (a0 >>> 16);
  if (ipVersion === 6) {
    schedule[at++] = (a0 << 16) | (a1 >>> 16);
    schedule[at++] = (a1 << 16) | (a2 >>> 16);
    schedule[at++] = (a2 << 16) | (a3 >>> 16);
    schedule[at++] = (a3 << 16) | (b0 >>> 16);
    schedule[at++] = (b0 << 16) | (b1 >>> 16);
    schedule[at++] = (b1 << 16) | (b2 >>> 16);
    schedule[at++] = (b2 << 16) | (b3 >>> 16);
    schedule[at++] = (b3 << 16) | (protocol << 8);
  } else {
    schedule[at++] = (a0 << 16) | (b0 >>> 16);
    schedule[at++] = (b0 << 16) | (protocol << 8);
  }
  if (hasPorts) schedule[at++] = (portA << 16) | portB;
  sha1(schedule, at << 2, digest);
  return base64Id();
}

const schedule = new Int32Array(SHA1_SCHEDULE_WORDS);
/** The hash of the latest flow. */
const digest = new Int32Array(5);

const BASE64 = asciiTable('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const PADDING = 0x3d;
const VERSION = 0x31;
const COLON = 0x3a;

/** `1:` and the digest in base64 (RFC 4648, section 4): 160 bits are 26 whole digits, one of 4 bits, one `=`. */
function base64Id(): string {
  const d0 = digest[0];
  const d1 = digest[1];
  const d2 = digest[2];
  const d3 = digest[3];
  const d4 = digest[4];
  // biome-ignore format: six digits of each word, and the two bits left over with the next word
  return String.fromCharCode(VERSION, COLON,
    BASE64[d0 >>> 26], BASE64[(d0 >>> 20) & 63], BASE64[(d0 >>> 14) & 63], BASE64[(d0 >>> 8) & 63], BASE64[(d0 >>> 2) & 63],
    BASE64[((d0 << 4) | (d1 >>> 28)) & 63],
    BASE64[(d1 >>> 22) & 63], BASE64[(d1 >>> 16) & 63], BASE64[(d1 >>> 10) & 63], BASE64[(d1 >>> 4) & 63],
    BASE64[((d1 << 2) | (d2 >>> 30)) & 63],
    BASE64[(d2 >>> 24) & 63], BASE64[(d2 >>> 18) & 63], BASE64[(d2 >>> 12) & 63], BASE64[(d2 >>> 6) & 63], BASE64[d2 & 63],
    BASE64[d3 >>> 26], BASE64[(d3 >>> 20) & 63], BASE64[(d3 >>> 14) & 63], BASE64[(d3 >>> 8) & 63], BASE64[(d3 >>> 2) & 63],
    BASE64[((d3 << 4) | (d4 >>> 28)) & 63],
    BASE64[(d4 >>> 22) & 63], BASE64[(d4 >>> 16) & 63], BASE64[(d4 >>> 10) & 63], BASE64[(d4 >>> 4) & 63],
    BASE64[(d4 << 2) & 63], PADDING);
}

function hexadecimalId(): string {
  let text = '1:';
  for (const word of digest) text += (word >>> 0).toString(16).padStart(8, '0');
  return text;
}

function asciiTable(characters: string): Uint8Array {
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}

/** The four bytes at this place, big-endian; zero beyond the end. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
