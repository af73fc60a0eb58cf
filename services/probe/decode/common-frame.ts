import { TCP, UDP } from '../../core/protocol.ts';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from './ether-type.ts';
import { hashKey, setIpv4Key, setIpv6Key, shardOf } from './packet-key.ts';
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
const IPV6_BYTES = 40;
/** Of a transport header, so that a TCP header is whole; UDP without so much payload goes the general way. */
const TRANSPORT_BYTES = 20;
const SYN_ACK = row.TCP_SYN | row.TCP_ACK;

/**
 * Decodes what nearly all frames are: Ethernet, IPv4 in one piece or IPv6 without extensions, TCP or UDP with whole
 * headers, nothing merged. UNDECODED leaves the frame to `FrameDecoder`, which gives the same row for these (a test
 * compares them) at three times the cost. SKIPPED is a packet of another shard whose row nobody needs.
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
  if (capturedBytes < ETHERNET_BYTES + 40) return UNDECODED;
  const ip = offset + ETHERNET_BYTES;
  const end = offset + capturedBytes;
  const etherType = view.getUint16(offset + 12);
  let result = UNDECODED;
  if (etherType === ETHERTYPE_IPV4) result = decodeIpv4(view, ip, end, shard, words, base);
  else if (etherType === ETHERTYPE_IPV6) result = decodeIpv6(view, ip, end, shard, words, base);
  if (result !== DECODED) return result;
  words[base + row.PACKETS] = 1;
  words[base + row.HASH] = hashKey(words, base, hashSeed);
  return DECODED;
}

function decodeIpv4(
  view: DataView,
  ip: number,
  end: number,
  shard: Shard,
  words: Int32Array,
  base: number,
): number {
  const versionAndLength = view.getUint8(ip);
  if (versionAndLength >> 4 !== 4) return UNDECODED;
  const headerBytes = (versionAndLength & 0x0f) << 2;
  const totalBytes = view.getUint16(ip + 2);
  const transport = ip + headerBytes;
  const isWhole =
    headerBytes >= 20 &&
    totalBytes >= headerBytes + TRANSPORT_BYTES &&
    transport + TRANSPORT_BYTES <= end &&
    (view.getUint16(ip + 6) & 0x3fff) === 0;
  if (!isWhole) return UNDECODED;
  const protocol = view.getUint8(ip + 9);
  const source = view.getInt32(ip + 12);
  const destination = view.getInt32(ip + 16);
  const ports = view.getInt32(transport);
  const isOthers = shard.count > 1 && shardOf(source, destination, ports, shard.count) !== shard.index;
  const result = readTransport(view, transport, protocol, totalBytes - headerBytes, isOthers, words, base);
  if (result !== DECODED) return result;
  words[base + row.IP_BYTES] = totalBytes;
  setIpv4Key(words, base, protocol | 0x400 | row.KIND_PORTS, ports, source, destination);
  return DECODED;
}

/** RFC 8200 section 3. */
function decodeIpv6(
  view: DataView,
  ip: number,
  end: number,
  shard: Shard,
  words: Int32Array,
  base: number,
): number {
  const transport = ip + IPV6_BYTES;
  if (transport + TRANSPORT_BYTES > end || view.getUint8(ip) >> 4 !== 6) return UNDECODED;
  const payloadBytes = view.getUint16(ip + 4);
  if (payloadBytes < TRANSPORT_BYTES) return UNDECODED;
  const protocol = view.getUint8(ip + 6);
  const ports = view.getInt32(transport);
  const isOthers =
    shard.count > 1 &&
    shardOf(view.getInt32(ip + 8), view.getInt32(ip + 24), ports, shard.count) !== shard.index;
  const result = readTransport(view, transport, protocol, payloadBytes, isOthers, words, base);
  if (result !== DECODED) return result;
  words[base + row.IP_BYTES] = payloadBytes + IPV6_BYTES;
  setIpv6Key(words, base, protocol | 0x600 | row.KIND_PORTS, ports, view, ip);
  return DECODED;
}

function readTransport(
  view: DataView,
  transport: number,
  protocol: number,
  payloadBytes: number,
  isOthers: boolean,
  words: Int32Array,
  base: number,
): number {
  if (protocol === TCP) {
    const tcpBytes = (view.getUint8(transport + 12) >> 4) << 2;
    if (tcpBytes < 20) return UNDECODED;
    if (isOthers && (view.getUint8(transport + 13) & SYN_ACK) !== SYN_ACK) return SKIPPED;
    const zeroWindow = view.getUint16(transport + 14) === 0 ? row.TCP_ZERO_WINDOW : 0;
    words[base + row.SEQUENCE] = view.getInt32(transport + 4);
    words[base + row.ACKNOWLEDGMENT] = view.getInt32(transport + 8);
    words[base + row.TCP] = view.getUint8(transport + 13) | row.TCP_PRESENT | zeroWindow;
    words[base + row.PAYLOAD_BYTES] = Math.max(0, payloadBytes - tcpBytes);
    return DECODED;
  }
  if (protocol !== UDP) return UNDECODED;
  if (isOthers) return SKIPPED;
  words[base + row.TCP] = 0;
  words[base + row.PAYLOAD_BYTES] = 0;
  return DECODED;
}
