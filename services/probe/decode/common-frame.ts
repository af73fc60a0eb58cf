import { TCP, UDP } from '../../core/protocol.ts';
import { ETHERTYPE_IPV4 } from './ether-type.ts';
import { hashKey, setIpv4Key } from './packet-key.ts';
import * as row from './packet-row.ts';

const ETHERNET_BYTES = 14;

/**
 * Decodes what nearly all frames are: Ethernet, IPv4 in one piece, TCP or UDP with whole headers, nothing merged.
 * False leaves the frame to `FrameDecoder`, which gives the same row for these (a test compares them) at three times
 * the cost.
 */
export function decodeCommonFrame(
  view: DataView,
  offset: number,
  capturedBytes: number,
  hashSeed: number,
  words: Int32Array,
  base: number,
): boolean {
  // Ethernet, IPv4 and TCP without options.
  if (capturedBytes < ETHERNET_BYTES + 40 || view.getUint16(offset + 12) !== ETHERTYPE_IPV4) return false;
  const ip = offset + ETHERNET_BYTES;
  const versionAndLength = view.getUint8(ip);
  if (versionAndLength >> 4 !== 4) return false;
  const headerBytes = (versionAndLength & 0x0f) << 2;
  const totalBytes = view.getUint16(ip + 2);
  const transport = ip + headerBytes;
  const isWhole =
    headerBytes >= 20 &&
    totalBytes >= headerBytes + 20 &&
    transport + 20 <= offset + capturedBytes &&
    (view.getUint16(ip + 6) & 0x3fff) === 0;
  if (!isWhole) return false;
  const protocol = view.getUint8(ip + 9);
  if (protocol === TCP) {
    const tcpBytes = (view.getUint8(transport + 12) >> 4) << 2;
    if (tcpBytes < 20) return false;
    const zeroWindow = view.getUint16(transport + 14) === 0 ? row.TCP_ZERO_WINDOW : 0;
    words[base + row.SEQUENCE] = view.getInt32(transport + 4);
    words[base + row.ACKNOWLEDGMENT] = view.getInt32(transport + 8);
    words[base + row.TCP] = view.getUint8(transport + 13) | row.TCP_PRESENT | zeroWindow;
    words[base + row.PAYLOAD_BYTES] = Math.max(0, totalBytes - headerBytes - tcpBytes);
  } else if (protocol === UDP) {
    words[base + row.TCP] = 0;
    words[base + row.PAYLOAD_BYTES] = 0;
  } else {
    return false;
  }
  words[base + row.IP_BYTES] = totalBytes;
  words[base + row.PACKETS] = 1;
  const kind = protocol | 0x400 | row.KIND_PORTS;
  setIpv4Key(words, base, kind, view.getInt32(transport), view.getInt32(ip + 12), view.getInt32(ip + 16));
  words[base + row.HASH] = hashKey(words, base, hashSeed);
  return true;
}
