import { TCP, UDP } from '../../core/protocol.ts';
import { ETHERTYPE_IPV4 } from './ether-type.ts';
import { hashKey, setIpv4Key, shardOf } from './packet-key.ts';
import * as row from './packet-row.ts';

/** What became of a frame: no row, a row, or a packet of another shard without one. */
export const UNDECODED = 0;
export const DECODED = 1;
export const SKIPPED = 2;

/** One of `count` meters: takes the flows that `shardOf` gives it, and sees all packets for what they tell. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

export const WHOLE: Shard = { index: 0, count: 1 };

const ETHERNET_BYTES = 14;
const SYN_ACK = row.TCP_SYN | row.TCP_ACK;

/**
 * Decodes what nearly all frames are: Ethernet, IPv4 in one piece, TCP or UDP with whole headers, nothing merged.
 * UNDECODED leaves the frame to `FrameDecoder`, which gives the same row for these (a test compares them) at three times
 * the cost. SKIPPED is a packet of another shard whose row nobody needs.
 */
export function decodeCommonFrame(
  view: DataView,
  offset: number,
  capturedBytes: number,
  hashSeed: number,
  shard: Shard,
  words: Int32Array,
  base: number,
): number {
  // Ethernet, IPv4 and TCP without options.
  if (capturedBytes < ETHERNET_BYTES + 40 || view.getUint16(offset + 12) !== ETHERTYPE_IPV4) {
    return UNDECODED;
  }
  const ip = offset + ETHERNET_BYTES;
  const versionAndLength = view.getUint8(ip);
  if (versionAndLength >> 4 !== 4) return UNDECODED;
  const headerBytes = (versionAndLength & 0x0f) << 2;
  const totalBytes = view.getUint16(ip + 2);
  const transport = ip + headerBytes;
  const isWhole =
    headerBytes >= 20 &&
    totalBytes >= headerBytes + 20 &&
    transport + 20 <= offset + capturedBytes &&
    (view.getUint16(ip + 6) & 0x3fff) === 0;
  if (!isWhole) return UNDECODED;
  const protocol = view.getUint8(ip + 9);
  const source = view.getInt32(ip + 12);
  const destination = view.getInt32(ip + 16);
  const ports = view.getInt32(transport);
  const isOthers = shard.count > 1 && shardOf(source, destination, ports, shard.count) !== shard.index;
  if (protocol === TCP) {
    const tcpBytes = (view.getUint8(transport + 12) >> 4) << 2;
    if (tcpBytes < 20) return UNDECODED;
    if (isOthers && (view.getUint8(transport + 13) & SYN_ACK) !== SYN_ACK) return SKIPPED;
    const zeroWindow = view.getUint16(transport + 14) === 0 ? row.TCP_ZERO_WINDOW : 0;
    words[base + row.SEQUENCE] = view.getInt32(transport + 4);
    words[base + row.ACKNOWLEDGMENT] = view.getInt32(transport + 8);
    words[base + row.TCP] = view.getUint8(transport + 13) | row.TCP_PRESENT | zeroWindow;
    words[base + row.PAYLOAD_BYTES] = Math.max(0, totalBytes - headerBytes - tcpBytes);
  } else if (protocol === UDP) {
    if (isOthers) return SKIPPED;
    words[base + row.TCP] = 0;
    words[base + row.PAYLOAD_BYTES] = 0;
  } else {
    return UNDECODED;
  }
  words[base + row.IP_BYTES] = totalBytes;
  words[base + row.PACKETS] = 1;
  const kind = protocol | 0x400 | row.KIND_PORTS;
  setIpv4Key(words, base, kind, ports, source, destination);
  words[base + row.HASH] = hashKey(words, base, hashSeed);
  return DECODED;
}
